import { createHash } from 'node:crypto';

/** A key of a Secret in the operator's namespace. What it holds is never part of the program. */
export interface AlertSecretKey {
  readonly secret: string;
  /**
   * Flux reads only the key that is the default.
   *
   * @default - `token` for tokens and signing keys, `address` for addresses, `username`, `password`
   */
  readonly key?: string;
}

/**
 * What people are told of:
 *
 * - `syncFailed`: objects of a unit were refused, or could not be read.
 * - `degraded`: what was applied does not work: a bad image, a failing probe.
 * - `suspended`: something in the unit is paused, and has been for longer than `heldLongerThan`.
 * - `heldTooLong`: what is in git has not been applied for longer than `heldLongerThan`: it waits for another unit, for a
 *   confirmation, or is refused time and again.
 */
export type AlertCondition = 'syncFailed' | 'degraded' | 'suspended' | 'heldTooLong';

export const ALERT_CONDITIONS: readonly AlertCondition[] = ['syncFailed', 'degraded', 'suspended', 'heldTooLong'];

/** What alerts of every kind have in common. */
export interface AlertProps {
  /**
   * Names of the environments that it is about.
   *
   * @default - all, and what the operator itself is made of
   */
  readonly environments?: readonly string[];

  /**
   * `info` tells of what went well, too.
   *
   * @default - error; of commit statuses info, so that a failure is followed by a success
   */
  readonly severity?: 'error' | 'info';

  /**
   * What it tells of.
   *
   * @default - all that the operator can tell; commit statuses: `syncFailed` and `degraded`
   */
  readonly on?: readonly AlertCondition[];

  /**
   * How long something may be suspended or held, as `90s`, `30m` or `2h`.
   *
   * @default 30m
   */
  readonly heldLongerThan?: string;
}

export interface SlackAlertProps extends AlertProps {
  /** Token of a Slack application that may write to the channel. */
  readonly token: AlertSecretKey;
}

export interface SlackAlert extends SlackAlertProps {
  readonly kind: 'slack';
  readonly channel: string;
}

export interface TeamsAlertProps extends AlertProps {
  /** Address that a Teams workflow gives out for posting: whoever knows it may post. */
  readonly webhook: AlertSecretKey;
}

export interface TeamsAlert extends TeamsAlertProps {
  readonly kind: 'teams';
}

export interface WebhookAlertProps extends AlertProps {
  /** Where a JSON document is posted to: an address that anybody may know, or a key of a Secret. */
  readonly url: string | AlertSecretKey;
  /**
   * Key that the document is signed with, in a header `X-Signature`. Of Flux only.
   *
   * @default - it is not signed
   */
  readonly hmac?: AlertSecretKey;
}

export interface WebhookAlert extends WebhookAlertProps {
  readonly kind: 'webhook';
}

export interface EmailAlertProps extends AlertProps {
  readonly to: string | readonly string[];
  readonly from: string;
  /** The mail server. */
  readonly host: string;
  /** @default 587 */
  readonly port?: number;
  /** @default - nobody logs in to the mail server */
  readonly username?: AlertSecretKey;
  /** @default - nobody logs in to the mail server */
  readonly password?: AlertSecretKey;
}

/** Of Argo CD only. */
export interface EmailAlert extends EmailAlertProps {
  readonly kind: 'email';
}

export interface CommitStatusAlertProps extends AlertProps {
  readonly forge: 'github' | 'gitlab' | 'gitea';
  /** Token that may write commit statuses. */
  readonly token: AlertSecretKey;
  /**
   * The environment repository as the forge's own address, e.g. `https://git.acme.io/acme/environments`.
   *
   * @default - made from the URL of the environment repository
   */
  readonly repository?: string;
}

/** A mark at the commit of the environment repository that a unit was applied from. */
export interface CommitStatusAlert extends CommitStatusAlertProps {
  readonly kind: 'commitStatus';
}

/** Who is told when something breaks, whichever operator notices it. */
export type Alert = SlackAlert | TeamsAlert | WebhookAlert | EmailAlert | CommitStatusAlert;

export const Alert = {
  /** A message in a Slack channel: `#deploys`, or the channel's id. */
  slack(channel: string, props: SlackAlertProps): SlackAlert {
    return { kind: 'slack', channel, ...props };
  },

  /** A message in a Microsoft Teams channel. */
  teams(props: TeamsAlertProps): TeamsAlert {
    return { kind: 'teams', ...props };
  },

  /** A JSON document posted to an address. */
  webhook(props: WebhookAlertProps): WebhookAlert {
    return { kind: 'webhook', ...props };
  },

  /** A mail. Flux sends none. */
  email(props: EmailAlertProps): EmailAlert {
    return { kind: 'email', ...props };
  },

  /** A status of the commit in the environment repository. */
  commitStatus(props: CommitStatusAlertProps): CommitStatusAlert {
    return { kind: 'commitStatus', ...props };
  },
};

/** Keys of Secrets as operators find them, unless an alert says otherwise. */
export const DEFAULT_KEYS = {
  token: 'token',
  webhook: 'address',
  url: 'address',
  hmac: 'token',
  username: 'username',
  password: 'password',
} as const;

export type SecretField = keyof typeof DEFAULT_KEYS;

/** References to Secrets in an alert, by the prop that they are in. */
export function secretsIn(alert: Alert): [field: SecretField, reference: Required<AlertSecretKey>][] {
  const given = alert as unknown as Partial<Record<SecretField, AlertSecretKey | string>>;
  return (Object.keys(DEFAULT_KEYS) as SecretField[]).flatMap((field) => {
    const reference = given[field];
    if (reference === undefined || typeof reference === 'string') return [];
    return [[field, { secret: reference.secret, key: reference.key ?? DEFAULT_KEYS[field] }]];
  });
}

/** Where an alert goes to, as a name: the same for alerts that differ in nothing but what they tell of. */
export function destinationName(alert: Alert): string {
  const { environments, severity, on, heldLongerThan, ...destination } = alert;
  return named(alert, destination);
}

/** Name of the alert itself. */
export function alertName(alert: Alert): string {
  return named(alert, alert);
}

function named({ kind }: Alert, what: object): string {
  const text = JSON.stringify(Object.entries(what).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${kind.toLowerCase()}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/** What an alert tells of. */
export function conditionsOf(alert: Alert, known: readonly AlertCondition[]): readonly AlertCondition[] {
  if (alert.on !== undefined) return known.filter((condition) => alert.on?.includes(condition));
  if (alert.kind !== 'commitStatus') return known;
  return known.filter((condition) => condition === 'syncFailed' || condition === 'degraded');
}

export function severityOf({ kind, severity }: Alert): 'error' | 'info' {
  return severity ?? (kind === 'commitStatus' ? 'info' : 'error');
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
export const DEFAULT_HELD = '30m';

/** Length of `90s`, `30m` or `2h` in seconds; undefined when it is nothing of the kind. */
export function secondsIn(duration: string): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smh])$/.exec(duration) ?? [];
  const seconds = SECONDS[unit];
  return count === undefined || seconds === undefined ? undefined : Number(count) * seconds;
}

/** A repository at a forge, as `https://host/owner/name`. */
export interface ForgeRepository {
  /** E.g. `https://git.acme.io`. */
  readonly origin: string;
  /** E.g. `acme/environments`. */
  readonly path: string;
}

/** Reads https, ssh and `git@host:path` URLs; undefined of anything else, and of those with credentials in them. */
export function forgeRepository(url: string): ForgeRepository | undefined {
  const short = /^[\w.-]+@([\w.-]+):(?!\/)([\w./-]+)$/.exec(url);
  const long = /^(https?|ssh):\/\/(?:[\w.-]+@)?([\w.-]+|\[[\da-f:]+\])(:\d+)?\/([\w./-]+)$/i.exec(url);
  if (long && long[1] !== 'ssh' && url.includes('@')) return undefined;
  const host = short?.[1] ?? long?.[2];
  const path = (short?.[2] ?? long?.[4])?.replace(/\.git$/, '').replace(/^\/+|\/+$/g, '');
  if (host === undefined || path === undefined || !path.includes('/')) return undefined;
  // The port of an SSH server is not the one that the forge's own address has.
  const isWeb = long !== null && long[1] !== 'ssh';
  return { origin: `${isWeb ? long[1] : 'https'}://${host}${isWeb ? (long[3] ?? '') : ''}`, path };
}
