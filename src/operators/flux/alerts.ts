import type { ConstructProblem } from '../../constructs/problems';
import type { Manifest } from '../../model/manifest';
import type { SecretNeed } from '../../model/start';
import { unsupported } from '../alert-problems';
import {
  type Alert,
  type AlertCondition,
  alertName,
  conditionsOf,
  DEFAULT_KEYS,
  destinationName,
  forgeRepository,
  secretsIn,
  severityOf,
} from '../alerts';
import type { ClusterRegistration } from '../operator';
import { SOURCE_NAME } from './objects';

const API = 'notification.toolkit.fluxcd.io/v1beta3';

/** What Flux has events of. */
const KNOWN: readonly AlertCondition[] = ['syncFailed', 'degraded'];

/** How events start that tell of what was applied and does not work. */
const HEALTH = '^[Hh]ealth check';

/** Events of severity `info` that say nothing but that something goes on. */
const NOISE = ['^Dependencies do not meet ready condition', '^Health checks canceled'];

/** Objects that tell people of what happens: a Provider for each destination, an Alert for each alert. */
export function alertObjects(
  alerts: readonly Alert[],
  cluster: Pick<ClusterRegistration, 'cluster' | 'platform' | 'repository'>,
  namespace: string,
): Manifest[] {
  const providers = new Map(
    alerts.map((alert) => {
      const name = destinationName(alert);
      const spec = provider(alert, cluster.repository.url);
      return [name, { apiVersion: API, kind: 'Provider', metadata: { name, namespace }, spec }];
    }),
  );
  return [
    ...providers.values(),
    ...alerts.map((alert) => ({
      apiVersion: API,
      kind: 'Alert',
      metadata: { name: alertName(alert), namespace },
      spec: {
        providerRef: { name: destinationName(alert) },
        eventSeverity: severityOf(alert),
        eventSources: sources(alert),
        ...filters(alert),
        eventMetadata: { cluster: cluster.cluster, platform: cluster.platform },
      },
    })),
  ];
}

/** Secrets that alerts refer to. */
export function alertSecrets(alerts: readonly Alert[]): SecretNeed[] {
  const keys = new Map<string, Set<string>>();
  for (const [, { secret, key }] of alerts.flatMap(secretsIn)) {
    keys.set(secret, (keys.get(secret) ?? new Set()).add(key));
  }
  return [...keys].map(([name, own]) => ({ name, keys: [...own].sort(), purpose: 'to send alerts' }));
}

/**
 * What an alert asks for that Flux does not do.
 *
 * @param hasNotifications the controller that sends them is among Flux's components
 */
export function unsupportedByFlux(alert: Alert, hasNotifications: boolean): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  if (!hasNotifications) {
    problems.push(unsupported("needs the notification-controller: add it to the FluxInstance's `components`"));
  }
  if (alert.kind === 'email') {
    problems.push(
      unsupported(
        "is a mail, and Flux sends none: use Alert.webhook(…) to a service that does, or the forge's own mails",
      ),
    );
  }
  const unknown = (alert.on ?? []).filter((condition) => !KNOWN.includes(condition));
  if (unknown.length > 0) {
    problems.push(
      unsupported(
        `is to tell of ${unknown.join(', ')}, and Flux has no events of that: leave it out of \`on\`, and watch the metric gotk_resource_info instead`,
      ),
    );
  }
  const references = secretsIn(alert);
  for (const [field, { key }] of references) {
    if (key === DEFAULT_KEYS[field]) continue;
    problems.push(
      unsupported(
        `has a \`${field}\` in the key ${key} of a Secret, and Flux reads ${DEFAULT_KEYS[field]}: name that one`,
      ),
    );
  }
  if (new Set(references.map(([, { secret }]) => secret)).size > 1) {
    problems.push(unsupported('takes keys of several Secrets, and Flux reads one for each alert: put them into one'));
  }
  return problems;
}

function provider(alert: Alert, url: string): object {
  const secret = secretsIn(alert)[0]?.[1].secret;
  const secretRef = secret === undefined ? {} : { secretRef: { name: secret } };
  switch (alert.kind) {
    case 'slack':
      return {
        type: 'slack',
        channel: alert.channel.replace(/^#/, ''),
        address: 'https://slack.com/api/chat.postMessage',
        ...secretRef,
      };
    case 'teams':
      return { type: 'msteams', ...secretRef };
    case 'webhook': {
      const type = alert.hmac === undefined ? 'generic' : 'generic-hmac';
      return { type, ...(typeof alert.url === 'string' ? { address: alert.url } : {}), ...secretRef };
    }
    case 'commitStatus': {
      const repository = forgeRepository(alert.repository ?? url);
      const address = repository ? `${repository.origin}/${repository.path}` : url;
      // One context for each unit, whatever the Provider's own id is: it changes with the cluster.
      return { type: alert.forge, address, commitStatusExpr: "'flux/' + event.involvedObject.name", ...secretRef };
    }
    case 'email':
      return {};
  }
}

/** Whose events count. Units carry their environment as a label; the repository is everybody's. */
function sources(alert: Alert): object[] {
  const { environments, kind } = alert;
  const units =
    environments === undefined
      ? [{ kind: 'Kustomization', name: '*' }]
      : [...environments].sort().map((name) => ({
          kind: 'Kustomization',
          name: '*',
          matchLabels: { 'cdk8s-gitops/environment': name },
        }));
  // Commits have the status of what is applied from them, and of nothing else.
  if (kind === 'commitStatus') return units;
  return [
    ...units,
    { kind: 'GitRepository', name: SOURCE_NAME },
    ...(environments === undefined ? [{ kind: 'HelmRelease', name: '*' }] : []),
  ];
}

function filters(alert: Alert): object {
  const conditions = conditionsOf(alert, KNOWN);
  const isDegraded = conditions.includes('degraded');
  const isFailed = conditions.includes('syncFailed');
  const excluded = [...(severityOf(alert) === 'info' ? NOISE : []), ...(isFailed && !isDegraded ? [HEALTH] : [])];
  return {
    ...(isDegraded && !isFailed ? { inclusionList: [HEALTH] } : {}),
    ...(excluded.length > 0 ? { exclusionList: excluded } : {}),
  };
}
