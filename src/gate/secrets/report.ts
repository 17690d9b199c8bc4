import type { GateObject, Issue, IssueObject, Severity } from '../issue';
import { issueObject } from '../issue';

/** Issues of one object at most: it is refused in any case, and a text made of nothing else stays cheap. */
const MOST_ISSUES = 100;

/** Thrown when an object would cost more to check than its budget has. */
export const EXHAUSTED = Symbol('exhausted');

/** What a rule says; the value that it found is no part of it. */
export interface Finding {
  /** Name in the family: `named-literal`. */
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
  /** @default error */
  readonly severity?: Severity;
}

/** Where the check of one object is, what it has found, and how many steps it has left. */
export class Report {
  readonly issues: Issue[] = [];
  /** Keys and indexes down to what is being looked at. A text puts what it is inside of itself in brackets. */
  readonly trail: (string | number)[] = [];
  private readonly seen = new Set<string>();
  private readonly object: IssueObject | undefined;
  /** It is no object of Kubernetes: words under names of secrets may be translations, or a form's labels. */
  readonly isData: boolean;

  constructor(
    private readonly source: GateObject,
    private steps: number,
  ) {
    this.object = issueObject(source.manifest);
    this.isData = this.object === undefined;
  }

  /** Nothing more is kept. */
  get isFull(): boolean {
    return this.issues.length >= MOST_ISSUES;
  }

  /** @throws EXHAUSTED when there are none left */
  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) throw EXHAUSTED;
  }

  /** @param within where in the text at the end of the trail: `line 3` */
  add({ rule, severity = 'error', message, remedy }: Finding, within = ''): void {
    if (this.isFull) return;
    const path = fieldOf(this.trail);
    const field = within === '' ? path : `${path}${path === '' ? '' : ' '}${within}`;
    const key = `${rule} ${field}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const { file, path: construct } = this.source;
    this.issues.push({
      rule: `secret/${rule}`,
      severity,
      file,
      ...(this.object === undefined ? {} : { object: this.object }),
      ...(construct === undefined ? {} : { path: construct }),
      field,
      message,
      remedy,
    });
  }
}

/** Stands in a trail for something inside of a text: `(base64)`. */
const isInside = (key: string): boolean => key.startsWith('(') && key.endsWith(')');

function fieldOf(trail: readonly (string | number)[]): string {
  let path = '';
  for (const key of trail) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (isInside(key)) path += ` ${key}`;
    else path += memberOf(path, key);
  }
  return path;
}

function memberOf(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `[${JSON.stringify(key.length > 200 ? '…' : key)}]`;
  return path === '' ? key : `.${key}`;
}

const REFERENCE = 'keep the value in a secret store or an encrypted Secret, and refer to it from here';

/** What the rules say. */
export const FINDINGS = {
  plainSecret: {
    rule: 'plain-secret',
    message: 'a Secret with its values in it: base64 is plain text',
    remedy:
      'use an ExternalSecret, a SealedSecret, or a Secret encrypted with SOPS: ' +
      '`Secret.external()`, `Secret.encrypted()` or `Secret.existing()` in a program',
  },
  named: (what: string): Finding => ({
    rule: 'named-literal',
    message: `a literal value under a name that is a secret's (${what})`,
    remedy: `${REFERENCE}: secretKeyRef, a mounted file, or the name of an existing Secret`,
  }),
  placeholder: (what: string): Finding => ({
    rule: 'placeholder',
    severity: 'warning',
    message: `a stand-in where a secret is to be (${what}): it works for everybody who knows it, if nobody replaces it`,
    remedy: REFERENCE,
  }),
  argument: (what: string): Finding => ({
    rule: 'argument',
    message: `a secret on a command line (${what}): everybody who can list processes reads it`,
    remedy: 'give it to the program in a file or a variable that comes from a Secret',
  }),
  privateKey: (what: string): Finding => ({
    rule: 'private-key',
    message: what,
    remedy: `it has to be replaced, for it has been seen; then ${REFERENCE}`,
  }),
  urlCredentials: {
    rule: 'url-credentials',
    message: 'a URL, or a connection string, with a password in it',
    remedy: `leave user and password out of it and give them apart, or ${REFERENCE}`,
  },
  urlPlaceholder: {
    rule: 'placeholder',
    severity: 'warning',
    message: 'a URL with a stand-in for its password',
    remedy: 'leave user and password out of it and give them apart',
  },
  authorization: {
    rule: 'authorization',
    message: 'credentials for an HTTP request',
    remedy: REFERENCE,
  },
  passwordHash: {
    rule: 'password-hash',
    message: 'the hash of a password, which can be guessed at leisure by whoever reads it',
    remedy: REFERENCE,
  },
  pattern: (id: string, what: string): Finding => ({
    rule: `pattern/${id}`,
    message: `what looks like ${what}`,
    remedy: `it has to be replaced if it is one, for it has been seen; then ${REFERENCE}`,
  }),
  tooLarge: {
    rule: 'too-large-to-check',
    message: 'too large, or too deeply nested, to be checked for secrets in bounded time',
    remedy: 'split it into smaller objects; what cannot be checked is not published',
  },
} as const satisfies Record<string, Finding | ((...args: never[]) => Finding)>;
