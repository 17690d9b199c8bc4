import { stringify } from 'yaml';

/** One YAML document. */
export function emitYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, version: '1.1' });
}
