import { type KeyObject, X509Certificate } from 'node:crypto';
import { GitOpsError } from '../errors';

/** A certificate of a Sealed Secrets controller: the public half of a key that only the cluster has. */
export interface SealingCertificate {
  /** `sha256:` and the digest of the certificate, in hexadecimal digits. */
  readonly fingerprint: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  /** Length of the key, in bytes. */
  readonly keyBytes: number;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const SMALLEST_KEY = 2048;

/** A fingerprint in one way of writing it: openssl puts colons between capitals. Undefined when it is none. */
export function normalFingerprint(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  const digits = given
    .replace(/^sha-?256[:=]/i, '')
    .replace(/:/g, '')
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : undefined;
}

/**
 * Reads a PEM file: the certificate that values are sealed to, then any number of earlier ones, whose keys the cluster
 * still has.
 * @throws GitOpsError SEALED_CERT_INVALID when it holds none, something else as well, or a key that cannot seal
 */
export function readCertificates(pem: string, shown: string): readonly SealingCertificate[] {
  if (/PRIVATE KEY/.test(pem)) {
    throw invalid(`${shown} holds a private key: it belongs into the cluster alone; take it out, and replace it there`);
  }
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0)
    throw invalid(`${shown} holds no certificate: write there what \`kubeseal --fetch-cert\` prints`);
  return blocks.map((block) => readCertificate(block, shown));
}

function readCertificate(block: string, shown: string): SealingCertificate {
  let certificate: X509Certificate;
  let publicKey: KeyObject;
  try {
    certificate = new X509Certificate(block);
    publicKey = certificate.publicKey;
  } catch {
    throw invalid(`${shown} holds a certificate that cannot be read: fetch it anew with \`kubeseal --fetch-cert\``);
  }
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (publicKey.asymmetricKeyType !== 'rsa' || bits < SMALLEST_KEY) {
    throw invalid(`${shown}: values are sealed with RSA keys of ${SMALLEST_KEY} bits or more, and this is none`);
  }
  return {
    fingerprint: `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    publicKey,
    keyBytes: Math.ceil(bits / 8),
  };
}

/**
 * The certificates of a file whose first one is the pinned one.
 * @throws GitOpsError SEALED_CERT_INVALID
 */
export function pinnedCertificates(
  pem: string,
  shown: string,
  fingerprint: string,
): readonly [SealingCertificate, ...SealingCertificate[]] {
  const pinned = normalFingerprint(fingerprint);
  if (pinned === undefined) {
    throw invalid(`the fingerprint of ${shown} is none: write \`sha256:\` and 64 hexadecimal digits`);
  }
  const [first, ...earlier] = readCertificates(pem, shown);
  if (first === undefined || first.fingerprint !== pinned) {
    throw invalid(
      `${shown} has the fingerprint ${first?.fingerprint}, and ${pinned} is pinned: restore the file, or pin that one if the cluster says so too`,
    );
  }
  return [first, ...earlier];
}

function invalid(message: string): GitOpsError {
  return new GitOpsError('SEALED_CERT_INVALID', message);
}
