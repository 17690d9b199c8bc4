/** What corpora of leaks and innocents are made of. Values are made when tests run, so that no scanner takes these files for leaks. */

export interface Sample {
  /** What kind of place, or of thing, it stands for. */
  readonly group: string;
  readonly title: string;
  readonly manifest: { readonly [field: string]: unknown };
}

export interface Leak extends Sample {
  /** What must be in no issue. */
  readonly values: readonly string[];
}

let state = 20_261_123;
/** The same numbers in every run. */
function next(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
export const ALPHABETS = {
  hex: `${DIGITS}abcdef`,
  lower: `${LOWER}${DIGITS}`,
  upper: `${LOWER.toUpperCase()}${DIGITS}`,
  base32: `${LOWER.toUpperCase()}234567`,
  word: `${LOWER}${LOWER.toUpperCase()}${DIGITS}`,
  base64: `${LOWER}${LOWER.toUpperCase()}${DIGITS}+/`,
  url: `${LOWER}${LOWER.toUpperCase()}${DIGITS}-_`,
  digits: DIGITS,
} as const;

/** Random characters of an alphabet. */
export function random(alphabet: keyof typeof ALPHABETS, length: number): string {
  const chars = ALPHABETS[alphabet];
  return Array.from({ length }, () => chars[Math.floor(next() * chars.length)]).join('');
}

/** A password as people choose them. */
export function password(): string {
  const words = ['Tram', 'Otter', 'Nickel', 'Walnut', 'Gravel', 'Lemon', 'Harbor', 'Pepper'];
  const pick = () => words[Math.floor(next() * words.length)] as string;
  return `${pick()}${random('digits', 2)}!${pick().toLowerCase()}`;
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
export const uuid = (): string => [8, 4, 4, 4, 12].map((length) => random('hex', length)).join('-');

/** A private key as PEM, of random bytes: nothing opens with it. */
export function pem(kind = 'PRIVATE KEY', lines = 12): string {
  const body = Array.from({ length: lines }, () => random('base64', 64)).join('\n');
  return `-----BEGIN ${kind}-----\n${body}\n-----END ${kind}-----\n`;
}

type Fields = { readonly [field: string]: unknown };

export const object = (apiVersion: string, kind: string, fields: Fields): Fields => ({
  apiVersion,
  kind,
  metadata: { name: 'sample', namespace: 'shop' },
  ...fields,
});

export const configMap = (data: Fields, fields: Fields = {}): Fields => object('v1', 'ConfigMap', { data, ...fields });

/** A Deployment of one container. */
export const container = (fields: Fields, image = 'ghcr.io/acme/app:1.4.2'): Fields =>
  object('apps/v1', 'Deployment', {
    spec: {
      selector: { matchLabels: { app: 'sample' } },
      template: { metadata: { labels: { app: 'sample' } }, spec: { containers: [{ name: 'app', image, ...fields }] } },
    },
  });

export const env = (name: string, value: unknown): Fields => container({ env: [{ name, value }] });
export const args = (...list: string[]): Fields => container({ args: list });
export const shell = (script: string): Fields => container({ command: ['sh', '-c', script] });
export const annotated = (annotations: Fields): Fields =>
  object('networking.k8s.io/v1', 'Ingress', { metadata: { name: 'sample', annotations }, spec: {} });
export const helmValues = (values: Fields): Fields =>
  object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', { spec: { chart: { spec: { chart: 'sample' } }, values } });
export const argoHelm = (helm: Fields): Fields =>
  object('argoproj.io/v1alpha1', 'Application', { spec: { source: { repoURL: 'https://charts.acme.io', helm } } });
