import { parseAllDocuments } from 'yaml';

/** The documents of a YAML stream, read as Kubernetes would read them. */
export function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => document.toJSON());
}
