import jsYaml from 'js-yaml';
import { parse } from 'yaml';
import { parseYaml } from '../../src/yaml/parse';

/** Readers that share no code with the emitter, and our own. All have to give the same value back. */
export const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'yaml 1.1': (text) => parse(text, { version: '1.1' }),
  'yaml 1.2': (text) => parse(text, { version: '1.2' }),
  'js-yaml': (text) => jsYaml.load(text),
  'our own': (text) => one(parseYaml(text)),
};

/** A document that is null is left out by our own reader. */
function one(documents: readonly unknown[]): unknown {
  if (documents.length > 1) throw new Error(`${documents.length} documents`);
  return documents.length === 0 ? null : documents[0];
}
