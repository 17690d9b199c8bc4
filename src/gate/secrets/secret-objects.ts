import { kindOf } from './values';

/** What of a Secret holds no values. Everything else is taken for values, also a misspelt `stringdata`. */
const FIELDS = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable', 'sops', 'status', 'spec']);

/** A Secret of Kubernetes, or what is written like one within another object; a mere reference to one is none. */
export function isSecret(value: object): boolean {
  const { kind, apiVersion, metadata } = value as Record<string, unknown>;
  if (kind !== 'Secret' || (apiVersion !== undefined && apiVersion !== 'v1')) return false;
  if (typeof metadata === 'object' && metadata !== null && apiVersion !== undefined) return true;
  return Object.keys(value).some((key) => /^(?:stringData|data)$/i.test(key));
}

/** True when a Secret has at least one value that can be read: not empty, not encrypted, not filled in elsewhere. */
export function hasPlainValues(secret: object): boolean {
  for (const [field, values] of Object.entries(secret)) {
    if (FIELDS.has(field)) continue;
    if (typeof values !== 'object' || values === null) {
      if (typeof values === 'string' && isPlain(values)) return true;
    } else if (Object.values(values).some(isPlain)) return true;
  }
  return false;
}

function isPlain(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value !== 'string') return true;
  const text = value.trim();
  if (text === '' || text.startsWith('ENC[AES256_GCM,')) return false;
  return !isFilledIn(text);
}

/** Nothing but a variable or a template that a later step fills in. */
function isFilledIn(text: string): boolean {
  if (!/^(?:\$\{[A-Za-z_]\w*\}|\$\([A-Za-z_]\w*\)|\{\{[^{}"'`]+\}\}|<path:[^>]+>)$/.test(text)) return false;
  return kindOf(text) !== 'literal';
}

/** What items of a `SecretList` or another list of one kind are, when they leave it out. */
export function itemKind(map: Readonly<Record<string, unknown>>): { apiVersion: unknown; kind: string } | undefined {
  const { kind, apiVersion } = map;
  if (typeof kind !== 'string' || kind === 'List' || !kind.endsWith('List') || !Array.isArray(map.items))
    return undefined;
  return { apiVersion, kind: kind.slice(0, -'List'.length) };
}
