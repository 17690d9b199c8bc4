import { GitOpsError } from '../errors';
import { emitYaml } from '../yaml/emit';
import { parseYaml } from '../yaml/parse';

/** Pins the release manifests that `vendor` brought into the source repository. It lies beside `cdk8s.yaml`. */
export const VENDOR_LOCK = 'cdk8s-gitops.lock.yaml';

/** A release manifest as it was vendored. */
export interface VendorPin {
  /** Path of the file, relative to the lock file's folder. */
  readonly file: string;
  /** Kind of the operator, e.g. `argo-cd`. */
  readonly operator: string;
  /** Version without a leading `v`. */
  readonly version: string;
  /** @default - the operator's usual manifest */
  readonly variant?: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Where it came from: a URL, or the path of a file. */
  readonly origin: string;
}

const API_VERSION = 'cdk8s-gitops/v1';

export function serializeVendorLock(pins: readonly VendorPin[]): string {
  const sorted = [...pins].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const vendored = sorted.map(({ file, operator, version, variant, sha256, size, origin }) => ({
    file,
    operator,
    version,
    ...(variant === undefined ? {} : { variant }),
    sha256,
    size,
    origin,
  }));
  return emitYaml({ apiVersion: API_VERSION, kind: 'VendorLock', vendored });
}

const isText = (x: unknown): x is string => typeof x === 'string' && x !== '';
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

/**
 * Reads the lock file.
 * @throws GitOpsError VENDOR_INVALID when it is none, naming the field
 */
export function parseVendorLock(text: string): VendorPin[] {
  const fail = (why: string): never => {
    throw new GitOpsError('VENDOR_INVALID', `${VENDOR_LOCK} cannot be used: ${why}; restore it, or vendor anew`);
  };
  let documents: unknown[] = [];
  try {
    documents = parseYaml(text);
  } catch (cause) {
    fail(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'it is unreadable');
  }
  const [lock] = documents;
  if (documents.length !== 1 || !isObject(lock) || lock.apiVersion !== API_VERSION || lock.kind !== 'VendorLock') {
    return fail(`it does not hold one object of ${API_VERSION}, kind VendorLock`);
  }
  const { vendored } = lock;
  if (!Array.isArray(vendored)) return fail('vendored is not a list');
  const pins = vendored.map((pin: unknown, index): VendorPin => {
    const { file, operator, version, variant, sha256, size, origin } = isObject(pin) ? pin : {};
    if (!isText(file) || !isText(operator) || !isText(version) || !isText(origin)) {
      return fail(`entry ${index + 1} needs file, operator, version and origin`);
    }
    if (!isText(sha256) || !/^[0-9a-f]{64}$/.test(sha256)) return fail(`${file}: sha256 is not 64 hexadecimal digits`);
    if (typeof size !== 'number' || !Number.isSafeInteger(size)) return fail(`${file}: size is not a whole number`);
    if (variant !== undefined && !isText(variant)) return fail(`${file}: variant is not a word`);
    return { file, operator, version, ...(variant === undefined ? {} : { variant }), sha256, size, origin };
  });
  const twice = pins.find(({ file }, index) => pins.findIndex((pin) => pin.file === file) !== index);
  if (twice) return fail(`${twice.file} is there twice`);
  return pins;
}
