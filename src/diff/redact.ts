import { isMap, type JsonMap } from './fingerprint';

/** Stands for a value that is not shown. */
export const REDACTED = '<redacted>';

/** What of a Secret may be seen. Everything else is taken for values, also a misspelt `stringdata`. */
const SECRET_FIELDS = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable']);
/** `kubectl apply` keeps a copy of the whole object here. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Deeper values of a Secret are redacted as one. */
const MAX_DEPTH = 32;

/** Where a walk through an object is, as far as secrets are concerned. */
export type Privacy =
  /** Nothing to hide, as far as is known. */
  | 'open'
  /** In the metadata of a Secret. */
  | 'metadata'
  /** In the annotations of a Secret. */
  | 'annotations'
  /** A map of secret values: its keys may be seen. */
  | 'values'
  /** A secret value: it is compared, and never looked into. */
  | 'value';

/**
 * What a member of a map may show.
 * @param maps the map in both versions: a Secret on either side is a Secret
 */
export function memberPrivacy(privacy: Privacy, key: string, maps: readonly unknown[]): Privacy {
  if (privacy === 'values' || privacy === 'value') return 'value';
  if (privacy === 'metadata') return key === 'annotations' ? 'annotations' : 'open';
  if (privacy === 'annotations') return key === LAST_APPLIED ? 'value' : 'open';
  if (!maps.some(isSecret)) return 'open';
  if (key === 'metadata') return 'metadata';
  return SECRET_FIELDS.has(key) ? 'open' : 'values';
}

/** The value with what is secret in it replaced; the same value when there is nothing. */
export function redact(value: unknown, privacy: Privacy, depth = 0): unknown {
  if (privacy === 'value') return REDACTED;
  if (typeof value === 'string') return privacy === 'values' || holdsSecret(value) ? REDACTED : value;
  if (typeof value !== 'object' || value === null) return privacy === 'values' && value !== null ? REDACTED : value;
  if (depth === MAX_DEPTH || (privacy === 'values' && Array.isArray(value))) return REDACTED;
  if (Array.isArray(value)) {
    const items = value.map((item) => redact(item, 'open', depth + 1));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  const map = value as JsonMap;
  let hidden = false;
  const members = Object.keys(map).map((key) => {
    const member = redact(map[key], memberPrivacy(privacy, key, [map]), depth + 1);
    hidden ||= member !== map[key];
    return [key, member] as const;
  });
  return hidden ? Object.fromEntries(members) : value;
}

/** The text of a file, or a text within an object, that spells out a Secret. */
export function holdsSecret(text: string): boolean {
  return /\bkind["']?[ \t]*:[ \t]*["']?Secret(List)?(?![\w-])/.test(text) && /\b(stringData|data)\b/i.test(text);
}

/** A Secret, or what is written like one inside another object. A mere reference (`kind`, `name`) is none. */
function isSecret(value: unknown): boolean {
  if (!isMap(value) || value.kind !== 'Secret') return false;
  return isMap(value.metadata) || Object.keys(value).some((key) => /^(stringData|data)$/i.test(key));
}
