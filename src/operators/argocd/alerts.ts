import type { ConstructProblem } from '../../constructs/problems';
import type { SecretNeed } from '../../model/start';
import { unsupported } from '../alert-problems';
import {
  ALERT_CONDITIONS,
  type Alert,
  type AlertCondition,
  conditionsOf,
  DEFAULT_HELD,
  destinationName,
  forgeRepository,
  type SecretField,
  secondsIn,
  secretsIn,
  severityOf,
} from '../alerts';
import type { ClusterRegistration } from '../operator';
import { type Situation, template } from './alert-templates';
import { rootName, waitsName } from './root';

/** The one Secret that Argo CD's notifications read. */
const SECRET = 'argocd-notifications-secret';

/** How long something may be held, when an alert is told of it. */
type Held = { readonly seconds: number; readonly name: string };

/** What a trigger looks for, and what it says. */
interface Trigger {
  readonly name: string;
  readonly situation: Situation;
  readonly held?: Held;
  /** Commits have one status at a time: every change counts, and the same one again does no harm. */
  readonly isStatus: boolean;
}

/** Data of `argocd-notifications-cm`, all of it: services, templates, triggers and subscriptions. */
export function notificationsData(
  alerts: readonly Alert[],
  { cluster, platform, repository }: Pick<ClusterRegistration, 'cluster' | 'platform' | 'repository'>,
): Record<string, string> {
  if (alerts.length === 0) return {};
  const data: Record<string, unknown> = {};
  const used = new Map<string, Trigger>();
  const subscriptions = alerts.map((alert) => {
    const triggers = triggersOf(alert);
    for (const trigger of triggers) used.set(trigger.name, trigger);
    const [type, options] = service(alert, repository.url);
    data[`service.${type}.${destinationName(alert)}`] = options;
    const { environments } = alert;
    return {
      recipients: recipientsOf(alert),
      triggers: triggers.map(({ name }) => name),
      ...(environments ? { selector: `cdk8s-gitops/environment in (${[...environments].sort().join(',')})` } : {}),
    };
  });
  data.subscriptions = subscriptions;
  for (const trigger of used.values()) {
    const { name, situation, held } = trigger;
    const when = whenOf(situation, platform, held);
    data[`trigger.${name}`] = [{ when, oncePer: oncePer(trigger), send: [situation] }];
    data[`template.${situation}`] = template(situation, { cluster, platform, alerts, repository: repository.url });
  }
  // A JSON value is a YAML value.
  return Object.fromEntries(
    Object.keys(data)
      .sort()
      .map((key) => [key, `${JSON.stringify(data[key], null, 2)}\n`]),
  );
}

/** What else Argo CD has to do for alerts to be able to say what is wrong: settings of `argocd-cmd-params-cm`. */
export const ALERT_PARAMS = { 'controller.resource.health.persist': 'true' } as const;

/** The Secret that alerts take, with a key for each reference. */
export function notificationSecrets(alerts: readonly Alert[]): SecretNeed[] {
  const references = alerts.flatMap(secretsIn).map(([, reference]) => reference);
  const purposes = new Map(
    references.map((reference) => [
      keyOf(reference),
      reference.secret === SECRET ? '' : ` (\`${keyOf(reference)}\`: ${reference.key} of ${reference.secret})`,
    ]),
  );
  if (purposes.size === 0) return [];
  const keys = [...purposes.keys()].sort();
  const purpose = `to send alerts${keys.map((key) => purposes.get(key)).join('')}`;
  return [{ name: SECRET, labels: { 'app.kubernetes.io/part-of': 'argocd' }, keys, purpose }];
}

/** What an alert asks for that Argo CD does not do. */
export function unsupportedByArgoCd(alert: Alert, isExisting: boolean, all: readonly Alert[]): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  if (isExisting) {
    problems.push(
      unsupported(
        "would have to be written into argocd-notifications-cm, which is somebody else's where Argo CD runs already: leave it out, or pass `install`",
      ),
    );
  }
  if (alert.kind === 'webhook' && alert.hmac !== undefined) {
    problems.push(
      unsupported('is to be signed with `hmac`, which Argo CD cannot: put a secret into the address instead'),
    );
  }
  for (const [field, { secret, key }] of secretsIn(alert)) {
    const taken = all.flatMap(secretsIn).find(([, other]) => {
      return keyOf(other) === keyOf({ secret, key }) && (other.secret !== secret || other.key !== key);
    });
    if (taken === undefined) continue;
    problems.push(
      unsupported(
        `has a \`${field}\` that would be the key ${keyOf({ secret, key })} of ${SECRET}, as another one would: rename one of them`,
      ),
    );
  }
  return problems;
}

/** Every reference is a key of one Secret; names of keys that are referred to hold no dots. */
function keyOf({ secret, key }: { readonly secret: string; readonly key: string }): string {
  return (secret === SECRET ? key : `${secret}-${key}`).replace(/[^\w-]/g, '_');
}

const SITUATIONS: Readonly<Record<AlertCondition, Situation>> = {
  syncFailed: 'gitops-sync-failed',
  degraded: 'gitops-degraded',
  suspended: 'gitops-suspended',
  heldTooLong: 'gitops-held',
};

function triggersOf(alert: Alert): Trigger[] {
  const heldLongerThan = alert.heldLongerThan ?? DEFAULT_HELD;
  const held = { seconds: secondsIn(heldLongerThan) ?? 0, name: heldLongerThan };
  const isStatus = alert.kind === 'commitStatus';
  const situations = conditionsOf(alert, ALERT_CONDITIONS).map((condition) => SITUATIONS[condition]);
  if (severityOf(alert) === 'info') situations.push('gitops-applied');
  return situations.map((situation) => {
    const takesTime = situation === 'gitops-suspended' || situation === 'gitops-held';
    const name = [situation, ...(takesTime ? [held.name] : []), ...(isStatus ? ['status'] : [])].join('-');
    return { name, situation, isStatus, ...(takesTime ? { held } : {}) };
  });
}

const HEALTH = 'app.status?.health?.status';
const OPERATION = 'app.status?.operationState';

/** What of an Application has to be so. An expression of expr-lang. */
function whenOf(situation: Situation, platform: string, held: Held = { seconds: 0, name: '' }): string {
  // Applications that hold Applications are as healthy as those: one alert is enough.
  const isOwn = `app.spec.project not in ${JSON.stringify([rootName(platform), waitsName(platform)])}`;
  const isNoWait = `app.spec.project != ${JSON.stringify(waitsName(platform))}`;
  const since = (time: string, seconds = held.seconds) =>
    `(${time} ?? "") != "" and time.Now().Sub(time.Parse(${time})).Seconds() > ${seconds}`;
  switch (situation) {
    case 'gitops-sync-failed':
      return `${isNoWait} and ${OPERATION}?.phase in ["Error", "Failed"]`;
    case 'gitops-degraded':
      return `${isOwn} and ${HEALTH} == "Degraded"`;
    case 'gitops-applied':
      return `${isOwn} and ${OPERATION}?.phase == "Succeeded" and ${HEALTH} == "Healthy" and app.status?.sync?.status == "Synced"`;
    case 'gitops-suspended':
      return `${isOwn} and ${HEALTH} == "Suspended" and ${since('app.status?.health?.lastTransitionTime')}`;
    case 'gitops-held': {
      const startedAt = `${OPERATION}?.startedAt`;
      // What it waits for is not known at the start of each attempt.
      const isKnown = `len(${OPERATION}?.syncResult?.resources ?? []) > 0 or (${since(startedAt, held.seconds + 120)})`;
      const isWaiting = `${OPERATION}?.phase in ["Running", "Terminating"] and ${since(startedAt)} and (${isKnown})`;
      const isGoing = since('app.metadata?.deletionTimestamp');
      // Nothing is under way, and nothing has been for as long: a window does not allow it, say.
      const isLeft = [
        'app.status?.sync?.status == "OutOfSync"',
        `${OPERATION}?.phase == "Succeeded"`,
        since(`${OPERATION}?.finishedAt`),
        'app.spec?.source != nil',
        `time.Now().Sub(repo.GetCommitMetadata(app.status.sync.revision).Date).Seconds() > ${held.seconds}`,
      ].join(' and ');
      const isUnreadable = `any(app.status?.conditions ?? [], #.type endsWith "Error" and ${since('#.lastTransitionTime')})`;
      return `${isNoWait} and ((${isWaiting}) or (${isGoing}) or (${isUnreadable}) or (${isLeft}))`;
    }
  }
}

/** What it is told of once. Otherwise it would be told of again whenever it has been different in between. */
function oncePer({ situation, isStatus }: Trigger): string {
  const revision = `(${OPERATION}?.syncResult?.revision ?? "") + join(${OPERATION}?.syncResult?.revisions ?? [], "")`;
  const changed = `(app.status?.health?.lastTransitionTime ?? "0000-00-00T00")`;
  switch (situation) {
    case 'gitops-sync-failed':
      return isStatus ? `${revision} + "/" + (${OPERATION}?.finishedAt ?? "")` : revision;
    case 'gitops-applied':
    case 'gitops-degraded':
      // What comes and goes is told of once an hour: the time goes as far as that.
      return `${revision} + "/" + ${changed}${isStatus ? '' : '[0:13]'}`;
    case 'gitops-suspended':
      return changed;
    case 'gitops-held':
      return `app.metadata?.deletionTimestamp ?? ${OPERATION}?.startedAt ?? ""`;
  }
}

/** Type of a service, and how it is set up. */
function service(alert: Alert, url: string): [type: string, options: object] {
  const secrets = new Map(secretsIn(alert).map(([field, reference]) => [field, `$${keyOf(reference)}`]));
  const secret = (field: SecretField) => secrets.get(field);
  const headers = [{ name: 'Content-Type', value: 'application/json' }];
  switch (alert.kind) {
    case 'slack':
      return ['slack', { token: secret('token') }];
    case 'teams':
      return ['teams-workflows', { recipientUrls: { channel: secret('webhook') } }];
    case 'webhook':
      return ['webhook', { url: typeof alert.url === 'string' ? alert.url : secret('url'), headers }];
    case 'email': {
      const { host, port = 587, from } = alert;
      const login = alert.username ? { username: secret('username'), password: secret('password') } : {};
      return ['email', { host, port, from, ...login }];
    }
    case 'commitStatus': {
      const token = secret('token');
      const own =
        alert.forge === 'gitlab'
          ? { name: 'PRIVATE-TOKEN', value: token }
          : { name: 'Authorization', value: alert.forge === 'github' ? `Bearer ${token}` : `token ${token}` };
      return ['webhook', { url: statusApi(alert, url), headers: [...headers, own] }];
    }
  }
}

function recipientsOf(alert: Alert): string[] {
  const name = destinationName(alert);
  switch (alert.kind) {
    case 'slack':
      return [`${name}:${alert.channel.replace(/^#/, '')}`];
    case 'teams':
      return [`${name}:channel`];
    case 'email':
      return [alert.to].flat().map((to) => `${name}:${to}`);
    default:
      return [name];
  }
}

/** Where a forge takes statuses of the repository's commits. */
function statusApi({ forge, repository }: Extract<Alert, { kind: 'commitStatus' }>, url: string): string {
  const { origin, path } = forgeRepository(repository ?? url) ?? { origin: '', path: '' };
  switch (forge) {
    case 'github':
      return `${origin === 'https://github.com' ? 'https://api.github.com' : `${origin}/api/v3`}/repos/${path}/statuses`;
    case 'gitlab':
      return `${origin}/api/v4/projects/${encodeURIComponent(path)}/statuses`;
    case 'gitea':
      return `${origin}/api/v1/repos/${path}/statuses`;
  }
}
