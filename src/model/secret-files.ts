import { type ErrorCode, GitOpsError } from '../errors';
import { emitYaml } from '../yaml/emit';
import { parseYaml } from '../yaml/parse';
import { SEALED_SCOPES, type SealedScope, type SecretBackend } from './secret-declaration';

/**
 * Files of ciphertext in a source repository. Each is the object that the encryption makes, a SealedSecret or a Secret
 * encrypted by SOPS, so that `kubeseal` and `sops` read it as well. Annotations hold what only this tool reads.
 */
export interface SecretFile {
  readonly kind: SecretBackend;
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  /** Ciphertext by key. */
  readonly values: Readonly<Record<string, string>>;
  /** Where sealed values may be unsealed. */
  readonly scope: SealedScope;
  /** Fingerprints of the certificates that values were sealed to, by key, where they are known. */
  readonly certificates: Readonly<Record<string, string>>;
  /** Commitments by key. */
  readonly commitments: Readonly<Record<string, string>>;
  /** What SOPS says of the encryption, and of whom it is for. */
  readonly sops?: Readonly<Record<string, unknown>>;
  /** Keys in the order of the file, where that matters: an object has keys that look like numbers ahead of all others. */
  readonly order?: readonly string[];
  /** The object as it was read. */
  readonly document?: Readonly<Record<string, unknown>>;
}

export const SEALED_SECRET_API = 'bitnami.com/v1alpha1';
const SCOPE_ANNOTATION = 'sealedsecrets.bitnami.com/';
const CERTIFICATES = 'cdk8s-gitops/certificates';
const COMMITMENTS = 'cdk8s-gitops/commitments';
const HEADER = '# Ciphertext, written by `cdk8s-gitops secret`: commit it.\n';

const SECRET_KEY = /^[-._a-zA-Z0-9]{1,253}$/;

/** Whether a Secret may have a key of that name. */
export function isSecretKeyName(key: unknown): key is string {
  return typeof key === 'string' && SECRET_KEY.test(key) && key !== '.' && !key.startsWith('..');
}

/** Annotations that say where sealed values may be unsealed: the controller reads them on the object and its template. */
export function scopeAnnotations(scope: SealedScope): Record<string, string> {
  return scope === 'strict' ? {} : { [`${SCOPE_ANNOTATION}${scope}`]: 'true' };
}

/** The text of a file; the same for the same content. */
export function serializeSecretFile(file: SecretFile): string {
  const keys = Object.keys(file.values).sort();
  const values = Object.fromEntries(keys.map((key) => [key, file.values[key]]));
  const annotations = {
    ...linesOf(CERTIFICATES, file.certificates, keys),
    ...linesOf(COMMITMENTS, file.commitments, keys),
    ...(file.kind === 'sealed-secret' ? scopeAnnotations(file.scope) : {}),
  };
  const metadata = { name: file.name, namespace: file.namespace, ...unlessEmpty('annotations', annotations) };
  if (file.kind === 'sops') {
    const { type, sops } = file;
    return HEADER + emitYaml({ apiVersion: 'v1', kind: 'Secret', metadata, type, data: values, sops });
  }
  const template = { type: file.type, ...unlessEmpty('metadata', annotationsOfTemplate(file.scope)) };
  return (
    HEADER +
    emitYaml({
      apiVersion: SEALED_SECRET_API,
      kind: 'SealedSecret',
      metadata,
      spec: { encryptedData: values, template },
    })
  );
}

function annotationsOfTemplate(scope: SealedScope) {
  return unlessEmpty('annotations', scopeAnnotations(scope));
}

/**
 * Reads a file of ciphertext.
 * @param shown the file's path, for messages
 * @throws GitOpsError SECRET_FILE_INVALID, SEALED_MALFORMED; messages hold nothing of its values
 */
export function parseSecretFile(text: string, shown: string): SecretFile {
  let documents: unknown[];
  try {
    documents = parseYaml(text);
  } catch (error) {
    // What the parser says may quote the line.
    const at = /^line \d+, column \d+/.exec(error instanceof Error ? error.message : '')?.[0] ?? 'it';
    throw invalid(`${shown} is not readable as YAML (${at}): restore it, or encrypt anew`);
  }
  const [document] = documents;
  if (documents.length !== 1 || !isMap(document)) throw invalid(`${shown} does not hold one object: encrypt anew`);
  if (document.apiVersion === SEALED_SECRET_API && document.kind === 'SealedSecret') return sealed(document, shown);
  if (document.apiVersion === 'v1' && document.kind === 'Secret') {
    const file = encrypted(document, shown);
    // No two values are the same: each is found where it is.
    const place = (key: string): number => text.indexOf(file.values[key] ?? '');
    return { ...file, order: Object.keys(file.values).sort((a, b) => place(a) - place(b)) };
  }
  throw invalid(`${shown} holds neither a SealedSecret nor a Secret encrypted by SOPS: encrypt anew`);
}

function sealed(document: Record<string, unknown>, shown: string): SecretFile {
  const { spec } = document;
  if (!isMap(spec) || !isMap(spec.encryptedData)) throw malformed(`${shown} has no spec.encryptedData`);
  if (spec.data !== undefined) throw malformed(`${shown} has a field spec.data, which is no longer used`);
  const template = isMap(spec.template) ? spec.template : {};
  if (template.data !== undefined)
    throw invalid(`${shown} has a template with data, which would be readable: take it out`);
  const values = texts(spec.encryptedData);
  if (values === undefined) throw malformed(`${shown} has a key or a value that cannot be one`);
  const metadata = metadataOf(document, shown);
  const own = scopeOf(metadata.annotations);
  const scope = scopeOf(isMap(template.metadata) ? template.metadata.annotations : undefined);
  if (scope !== own) {
    throw new GitOpsError(
      'SEALED_SCOPE_MISMATCH',
      `${shown} says '${own}' in its own annotations and '${scope}' in its template's: encrypt it anew`,
    );
  }
  return {
    ...common(metadata, template.type),
    kind: 'sealed-secret',
    values,
    scope,
    certificates: entriesIn(metadata.annotations[CERTIFICATES]),
    document,
  };
}

/** Fields of a Secret that hold no values. */
const FIELDS = new Set(['apiVersion', 'kind', 'metadata', 'type', 'immutable', 'data', 'sops']);
const CIPHERTEXT = /^ENC\[AES256_GCM,data:[A-Za-z0-9+/=]+,iv:[A-Za-z0-9+/=]+,tag:[A-Za-z0-9+/=]+,type:str\]$/;

function encrypted(document: Record<string, unknown>, shown: string): SecretFile {
  const { data, sops } = document;
  const plain = `${shown} holds values that are not encrypted: take it out of git's history, change the values at their provider, and encrypt anew`;
  if (!isMap(sops) || !isMap(data)) throw invalid(isMap(sops) ? `${shown} has no data: encrypt anew` : plain);
  const values = texts(data);
  if (values === undefined) throw invalid(`${shown} has a key or a value that cannot be one: encrypt anew`);
  const readable = Object.values(values).some((value) => value !== '' && !CIPHERTEXT.test(value));
  if (readable || document.stringData !== undefined) throw invalid(plain);
  const unknown = Object.keys(document).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) throw invalid(`${shown} has a field that a Secret does not have: encrypt anew`);
  if (typeof sops.mac !== 'string' || !CIPHERTEXT.test(sops.mac) || typeof sops.lastmodified !== 'string') {
    throw invalid(`${shown} has no digest of its values (sops.mac): encrypt anew`);
  }
  const metadata = metadataOf(document, shown);
  return {
    ...common(metadata, document.type),
    kind: 'sops',
    values,
    scope: 'strict',
    certificates: {},
    sops,
    document,
  };
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, unknown>>;
}

function metadataOf({ metadata }: Record<string, unknown>, shown: string): Metadata {
  const { name, namespace, annotations } = isMap(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '') throw invalid(`${shown} has no metadata.name: encrypt anew`);
  return {
    name,
    namespace: typeof namespace === 'string' ? namespace : '',
    annotations: isMap(annotations) ? annotations : {},
  };
}

function common({ name, namespace, annotations }: Metadata, type: unknown) {
  return {
    name,
    namespace,
    type: typeof type === 'string' && type !== '' ? type : 'Opaque',
    commitments: entriesIn(annotations[COMMITMENTS]),
  };
}

function scopeOf(annotations: unknown): SealedScope {
  if (!isMap(annotations)) return 'strict';
  // The controller looks for the widest one first.
  const wide = [...SEALED_SCOPES].reverse().find((scope) => annotations[`${SCOPE_ANNOTATION}${scope}`] === 'true');
  return wide ?? 'strict';
}

/** What SOPS encrypted a document to, as words: recipients of age, keys of services, fingerprints. Sorted. */
export function recipientsOf(sops: Readonly<Record<string, unknown>> | undefined): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isMap(value)) return;
    for (const [field, inner] of Object.entries(value)) {
      if (typeof inner === 'string' && ['recipient', 'arn', 'fp', 'resource_id'].includes(field)) found.push(inner);
      if (field === 'vault_url' || field === 'vault_address') found.push(String(inner));
      visit(inner);
    }
  };
  visit(sops);
  return [...new Set(found)].sort();
}

/** Wrapped data keys of a document's age recipients. */
export function wrappedKeysOf(sops: Readonly<Record<string, unknown>> | undefined): string[] {
  const groups = Array.isArray(sops?.key_groups) ? sops.key_groups : [];
  return [sops, ...groups].flatMap((group) => {
    const age = isMap(group) && Array.isArray(group.age) ? group.age : [];
    return age.flatMap((entry) => (isMap(entry) && typeof entry.enc === 'string' ? [entry.enc] : []));
  });
}

/** An annotation with a line for each key. */
function linesOf(
  name: string,
  entries: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, string> {
  const lines = keys.flatMap((key) => (entries[key] === undefined ? [] : [`${key} ${entries[key]}\n`]));
  return lines.length === 0 ? {} : { [name]: lines.join('') };
}

function entriesIn(lines: unknown): Record<string, string> {
  if (typeof lines !== 'string') return {};
  const entries = lines.split('\n').map((line) => line.split(' '));
  return Object.fromEntries(
    entries.flatMap(([key, value, ...rest]) =>
      isSecretKeyName(key) && value !== undefined && value !== '' && rest.length === 0 ? [[key, value]] : [],
    ),
  );
}

/** Texts by key; undefined when there is anything else. */
function texts(map: Record<string, unknown>): Record<string, string> | undefined {
  const entries = Object.entries(map);
  const sound = entries.every(([key, value]) => isSecretKeyName(key) && typeof value === 'string');
  return sound ? (Object.fromEntries(entries) as Record<string, string>) : undefined;
}

function unlessEmpty<K extends string>(name: K, map: object): { [name in K]?: object } {
  return Object.keys(map).length === 0 ? {} : ({ [name]: map } as { [name in K]?: object });
}

const isMap = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

function invalid(message: string): GitOpsError {
  return new GitOpsError('SECRET_FILE_INVALID', message);
}

function malformed(message: string): GitOpsError {
  const code: ErrorCode = 'SEALED_MALFORMED';
  return new GitOpsError(code, `${message}: encrypt it anew`);
}
