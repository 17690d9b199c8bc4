import { describe, expect, it } from 'vitest';
import {
  Alert,
  Application,
  ArgoCd,
  type ArgoCdProps,
  Cluster,
  Environment,
  Flux,
  type FluxProps,
  Install,
} from '../../src';
import { GitOpsError } from '../../src/errors';
import type { Manifest } from '../../src/model/manifest';
import type { OperatorStart } from '../../src/model/start';
import { forgeRepository } from '../../src/operators/alerts';
import { synthesize } from '../../src/synth/synthesize';
import { parseYaml } from '../../src/yaml/parse';
import { configMap, filesOf, newPlatform } from '../synth/platforms';
import { expectDefined } from './crds';

const REPOSITORY = 'https://github.com/acme/environments.git';
const CHART = Install.helmChart({ version: '10.1.1' });

interface Result {
  readonly files: Record<string, string>;
  readonly start: OperatorStart | undefined;
  readonly notifications: Record<string, unknown>;
  readonly objects: Manifest[];
}

function around(operator: (cluster: Cluster) => unknown, url = REPOSITORY): Result {
  const platform = newPlatform({ environmentRepository: { url } });
  const cluster = new Cluster(platform, 'eu-1');
  operator(cluster);
  for (const name of ['dev', 'prod']) {
    configMap(new Application(new Environment(platform, name, { cluster }), 'api'), 'a');
  }
  const tree = synthesize(platform);
  const files = filesOf(tree);
  const objects = Object.entries(files)
    .filter(([path]) => path.startsWith('clusters/eu-1/'))
    .flatMap(([, text]) => parseYaml(text) as Manifest[]);
  return { files, start: tree.starts?.['eu-1'], objects, notifications: notificationsIn(objects) };
}

/** What the chart makes of its values is what Argo CD reads. */
function notificationsIn(objects: readonly Manifest[]): Record<string, unknown> {
  const chart = objects.find(({ kind, metadata }) => kind === 'Application' && metadata.name.startsWith('operator.'));
  const { source } = (chart?.spec ?? {}) as { source?: { helm?: { valuesObject?: Record<string, Values> } } };
  const { notifiers, templates, triggers, subscriptions } = source?.helm?.valuesObject?.notifications ?? {};
  const data: Record<string, unknown> = { subscriptions };
  for (const [key, text] of Object.entries({ ...notifiers, ...templates, ...triggers })) {
    data[key] = (parseYaml(text as string) as unknown[])[0];
  }
  return data;
}

type Values = Record<'notifiers' | 'templates' | 'triggers', Record<string, string>> & {
  subscriptions?: { recipients: string[]; triggers: string[]; selector?: string }[];
};

const withArgoCd = (props: ArgoCdProps, url?: string) =>
  around((cluster) => new ArgoCd(cluster, 'argocd', { install: CHART, ...props }), url);
const withFlux = (props: FluxProps, url?: string) =>
  around((cluster) => new Flux(cluster, 'flux', { install: Install.helmChart({ version: '2.19.0' }), ...props }), url);

const OPERATORS = { 'argo-cd': withArgoCd, flux: withFlux } as const;

const slack = Alert.slack('#deploys', { token: { secret: 'slack', key: 'token' } });
const teams = Alert.teams({ webhook: { secret: 'teams' }, environments: ['prod'] });
const hook = Alert.webhook({ url: 'https://hooks.acme.io/alerts', severity: 'info' });
const status = Alert.commitStatus({ forge: 'github', token: { secret: 'forge' } });

describe.each(Object.keys(OPERATORS) as (keyof typeof OPERATORS)[])('alerts with %s', (kind) => {
  const render = OPERATORS[kind];

  it('are the same definition for either operator, with objects that their definitions allow', () => {
    const { objects } = render({ alerts: [slack, teams, hook, status] });
    const own = objects.filter(({ apiVersion }) => /^(argoproj\.io|[a-z]+\.toolkit\.fluxcd\.io)\//.test(apiVersion));
    expect(own.length).toBeGreaterThan(4);
    for (const object of own) expectDefined(object);
  });

  it('change nothing where there are none', () => {
    expect(render({ alerts: [] }).files).toEqual(render({}).files);
  });

  it('name every Secret that people have to create, and hold none', () => {
    const { start, files } = render({ alerts: [slack, teams] });
    const needs = start?.secrets.flatMap(({ name, keys }) => keys.map((key) => `${name}/${key}`));
    expect(needs).toEqual(
      kind === 'argo-cd'
        ? ['argocd-notifications-secret/slack-token', 'argocd-notifications-secret/teams-address']
        : ['slack/token', 'teams/address'],
    );
    for (const text of Object.values(files)) expect(text).not.toMatch(/hooks\.slack\.com|xoxb-/);
  });

  const wrong = (...alerts: unknown[]) => problemsOf(() => render({ alerts: alerts as Alert[] }));

  it.each([
    ['an unknown environment', { ...slack, environments: ['prdo'] }, 'ALERT_INVALID', "unknown environment 'prdo'"],
    ['no environment', { ...slack, environments: [] }, 'ALERT_INVALID', 'is about no `environments`'],
    ['no channel', Alert.slack('', { token: { secret: 'slack' } }), 'ALERT_INVALID', 'names no channel'],
    ['no token', { kind: 'slack', channel: 'x' }, 'ALERT_INVALID', 'has no `token`'],
    ['a token as text', { ...slack, token: 'xoxb-12345-canary' }, 'ALERT_SECRET', 'has `token` as text'],
    ['a reference without a name', { ...slack, token: { secret: '' } }, 'ALERT_INVALID', 'names no key of a Secret'],
    ['a value in a reference', { ...slack, token: { secret: 'a', value: 'canary' } }, 'ALERT_INVALID', 'names no key'],
    [
      'no address of a team',
      Alert.teams({ webhook: 'https://x.webhook.office.com/canary' as never }),
      'ALERT_SECRET',
      '',
    ],
    ['an unknown condition', { ...slack, on: ['sickness'] }, 'ALERT_INVALID', "unknown condition 'sickness'"],
    ['no condition', { ...slack, on: [] }, 'ALERT_INVALID', 'tells of nothing'],
    ['an unknown severity', { ...slack, severity: 'loud' }, 'ALERT_INVALID', "unknown `severity` 'loud'"],
    ['no duration', { ...slack, heldLongerThan: 'a while' }, 'ALERT_INVALID', 'has no duration'],
    ['no address', Alert.webhook({ url: 'hooks.acme.io' }), 'ALERT_INVALID', 'has no address in `url`'],
    ['nothing at all', undefined, 'ALERT_INVALID', 'alerts[0] is no alert'],
    ['an unknown kind', { kind: 'pigeon' }, 'ALERT_INVALID', 'alerts[0] is no alert'],
    ['an unknown forge', { ...status, forge: 'sourcehut' }, 'ALERT_INVALID', 'unknown `forge`'],
  ])('refuse %s', (_, alert, code, message) => {
    const error = wrong(alert);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('canary');
  });

  it.each([
    'https://hooks.slack.com/services/T000/B000/canary',
    'https://discord.com/api/webhooks/123/canary',
    'https://prod-1.westeurope.logic.azure.com/workflows/canary',
    'https://user:canary@hooks.acme.io/',
    'https://hooks.acme.io/x?token=canary',
    'https://hooks.acme.io/a1B2c3D4e5F6g7H8i9J0canary',
  ])('refuse an address that is a secret: %s', (url) => {
    const error = wrong(Alert.webhook({ url }));
    expect(error.code).toBe('ALERT_SECRET');
    expect(error.message).not.toContain('canary');
  });

  it('refuse the same alert twice, and a list that is none', () => {
    expect(wrong(slack, { ...slack }).message).toContain('alerts[1] (slack) is there twice');
    expect(problemsOf(() => render({ alerts: slack as never })).message).toContain('`alerts` is a list');
  });

  it('tell all that is wrong at once, at the operator', () => {
    const error = wrong({ ...slack, channel: '' }, { ...hook, url: 'x' });
    expect(error.problems?.map(({ where }) => where)).toEqual(Array(2).fill(expect.stringMatching(/eu-1\//)));
  });

  it('take an environment of another cluster: one list serves them all', () => {
    const platform = newPlatform({ environmentRepository: { url: REPOSITORY } });
    const props = { alerts: [{ ...slack, environments: ['us'] }] };
    for (const name of ['eu', 'us']) {
      const cluster = new Cluster(platform, `${name}-1`);
      if (kind === 'flux') new Flux(cluster, 'flux', props);
      else new ArgoCd(cluster, 'argocd', { install: CHART, ...props });
      configMap(new Application(new Environment(platform, name, { cluster }), 'api'), 'a');
    }
    expect(() => synthesize(platform)).not.toThrow();
  });
});

describe('alerts of Argo CD', () => {
  it('take credentials by reference, and only those of the environments that are named', () => {
    const { notifications } = withArgoCd({ alerts: [slack, teams] });
    const [slackService = '', teamsService = ''] = Object.keys(notifications).filter((key) =>
      key.startsWith('service.'),
    );
    expect(notifications[slackService]).toEqual({ token: '$slack-token' });
    expect(notifications[teamsService]).toEqual({ recipientUrls: { channel: '$teams-address' } });
    const name = slackService.split('.')[2];
    expect(notifications.subscriptions).toEqual([
      {
        recipients: [`${name}:deploys`],
        triggers: ['gitops-sync-failed', 'gitops-degraded', 'gitops-suspended-30m', 'gitops-held-30m'],
      },
      expect.objectContaining({ selector: 'cdk8s-gitops/environment in (prod)' }),
    ]);
  });

  it('are written into the ConfigMap that a remote base brings, along with what they need to say why', () => {
    const install = Install.kustomize('https://github.com/argoproj/argo-cd//manifests/cluster-install?ref=v3.5.1');
    const { objects } = withArgoCd({ install, alerts: [slack] });
    const text = JSON.stringify(objects);
    expect(text).toContain('argocd-notifications-cm');
    expect(text).toContain('controller.resource.health.persist');
  });

  it('are refused where Argo CD runs already', () => {
    const error = problemsOf(() => withArgoCd({ install: Install.existing(), alerts: [slack] }));
    expect(error.code).toBe('ALERT_UNSUPPORTED');
    expect(error.message).toContain('argocd-notifications-cm');
  });

  it('refuse a signature, and two references that would be one key', () => {
    const signed = Alert.webhook({ url: 'https://hooks.acme.io/', hmac: { secret: 'hook' } });
    expect(problemsOf(() => withArgoCd({ alerts: [signed] })).message).toContain('is to be signed');
    const twins = [
      Alert.slack('a', { token: { secret: 'a-b', key: 'c' } }),
      Alert.slack('b', { token: { secret: 'a', key: 'b-c' } }),
    ];
    expect(problemsOf(() => withArgoCd({ alerts: twins })).message).toContain('would be the key a-b-c');
  });

  it('refer to keys of their own Secret as they are', () => {
    const own = Alert.slack('#a', { token: { secret: 'argocd-notifications-secret', key: 'slack-token' } });
    const { start } = withArgoCd({ alerts: [own] });
    expect(start?.secrets).toEqual([expect.objectContaining({ keys: ['slack-token'], purpose: 'to send alerts' })]);
  });

  it('send mails', () => {
    const mail = Alert.email({
      to: ['ops@acme.io', 'dev@acme.io'],
      from: 'gitops@acme.io',
      host: 'mail.acme.io',
      username: { secret: 'mail' },
      password: { secret: 'mail' },
    });
    const { notifications } = withArgoCd({ alerts: [mail] });
    const [key = ''] = Object.keys(notifications).filter((name) => name.startsWith('service.email.'));
    expect(notifications[key]).toEqual({
      host: 'mail.acme.io',
      port: 587,
      from: 'gitops@acme.io',
      username: '$mail-username',
      password: '$mail-password',
    });
    for (const wrong of [{ to: 'ops' }, { from: '' }, { host: 'a b' }, { port: 0 }, { password: undefined }]) {
      expect(problemsOf(() => withArgoCd({ alerts: [{ ...mail, ...wrong }] })).code).toBe('ALERT_INVALID');
    }
  });

  it.each([
    ['github', REPOSITORY, 'https://api.github.com/repos/acme/environments/statuses'],
    ['github', 'git@git.acme.io:acme/environments.git', 'https://git.acme.io/api/v3/repos/acme/environments/statuses'],
    ['gitlab', 'https://gitlab.com/acme/eu/envs.git', 'https://gitlab.com/api/v4/projects/acme%2Feu%2Fenvs/statuses'],
    ['gitea', 'ssh://git@git.acme.io:2222/acme/envs', 'https://git.acme.io/api/v1/repos/acme/envs/statuses'],
  ] as const)('mark commits at %s: %s', (forge, url, address) => {
    const { notifications } = withArgoCd({ alerts: [Alert.commitStatus({ forge, token: { secret: 'forge' } })] }, url);
    expect(JSON.stringify(notifications)).toContain(address);
    expect(JSON.stringify(notifications)).toContain('$forge-token');
    expect(notifications.subscriptions).toEqual([
      expect.objectContaining({
        triggers: ['gitops-sync-failed-status', 'gitops-degraded-status', 'gitops-applied-status'],
      }),
    ]);
  });
});

describe('alerts of Flux', () => {
  const ofKind = (objects: Manifest[], kind: string) => objects.filter((object) => object.kind === kind);

  it('lie with what bootstraps the cluster, so that the root applies them, installed from here or not', () => {
    for (const install of [Install.existing(), Install.helmChart({ version: '2.19.0' })]) {
      const { files } = withFlux({ install, alerts: [slack] });
      const paths = Object.keys(files).filter((path) => /bootstrap\/(alert|provider)-slack-/.test(path));
      expect(paths).toHaveLength(2);
    }
  });

  it('listen to the environments that are named, and to the repository', () => {
    const { objects } = withFlux({ alerts: [teams] });
    expect(ofKind(objects, 'Alert')[0]?.spec).toMatchObject({
      eventSeverity: 'error',
      eventSources: [
        { kind: 'Kustomization', name: '*', matchLabels: { 'cdk8s-gitops/environment': 'prod' } },
        { kind: 'GitRepository', name: 'environments' },
      ],
      eventMetadata: { cluster: 'eu-1', platform: 'shop' },
    });
    expect(ofKind(objects, 'Provider')[0]?.spec).toEqual({ type: 'msteams', secretRef: { name: 'teams' } });
  });

  it('share a Provider between alerts that go to one place', () => {
    const { objects } = withFlux({
      alerts: [
        { ...slack, environments: ['dev'] },
        { ...slack, on: ['degraded'] },
      ],
    });
    expect(ofKind(objects, 'Provider')).toHaveLength(1);
    expect(ofKind(objects, 'Alert')).toHaveLength(2);
  });

  it('tell failed syncs and degraded units apart by what events say', () => {
    const only = (on: 'syncFailed' | 'degraded') =>
      ofKind(withFlux({ alerts: [{ ...slack, on: [on] }] }).objects, 'Alert')[0]?.spec;
    expect(only('degraded')).toMatchObject({ inclusionList: ['^[Hh]ealth check'] });
    expect(only('syncFailed')).toMatchObject({ exclusionList: ['^[Hh]ealth check'] });
  });

  it('sign, read addresses from Secrets, and mark commits', () => {
    const signed = Alert.webhook({ url: { secret: 'hook' }, hmac: { secret: 'hook' } });
    const { objects, start } = withFlux({ alerts: [signed, status] });
    expect(ofKind(objects, 'Provider').map(({ spec }) => spec)).toEqual(
      expect.arrayContaining([
        { type: 'generic-hmac', secretRef: { name: 'hook' } },
        expect.objectContaining({ type: 'github', address: 'https://github.com/acme/environments' }),
      ]),
    );
    expect(start?.secrets).toContainEqual({ name: 'hook', keys: ['address', 'token'], purpose: 'to send alerts' });
  });

  it.each([
    ['mails', Alert.email({ to: 'a@b.io', from: 'a@b.io', host: 'mail' }), 'Flux sends none'],
    ['what it has no events of', { ...slack, on: ['degraded', 'suspended'] as const }, 'is to tell of suspended'],
    ['keys that Flux does not read', Alert.slack('a', { token: { secret: 'a', key: 'bot' } }), 'Flux reads token'],
    [
      'two Secrets for one alert',
      Alert.webhook({ url: { secret: 'a' }, hmac: { secret: 'b' } }),
      'takes keys of several Secrets',
    ],
  ])('refuse %s', (_, alert, message) => {
    const error = problemsOf(() => withFlux({ alerts: [alert] }));
    expect(error.code).toBe('ALERT_UNSUPPORTED');
    expect(error.message).toContain(message);
  });

  it('need the controller that sends them', () => {
    const install = Install.fluxInstance({
      version: '2.9.x',
      components: ['source-controller', 'kustomize-controller'],
    });
    expect(problemsOf(() => withFlux({ install, alerts: [slack] })).message).toContain('notification-controller');
  });
});

describe('the address of a repository at its forge', () => {
  it.each([
    ['https://github.com/acme/envs.git', 'https://github.com', 'acme/envs'],
    ['http://127.0.0.1:3000/acme/envs', 'http://127.0.0.1:3000', 'acme/envs'],
    ['git@git.acme.io:acme/envs.git', 'https://git.acme.io', 'acme/envs'],
    ['ssh://git@git.acme.io:22/acme/envs.git', 'https://git.acme.io', 'acme/envs'],
  ])('is read from %s', (url, origin, path) => {
    expect(forgeRepository(url)).toEqual({ origin, path });
  });

  it.each([
    'https://user:pass@github.com/acme/envs',
    'https://me@github.com/acme/envs',
    '/srv/git/envs',
    'https://github.com/envs',
    '',
  ])('is not made up: %s', (url) => expect(forgeRepository(url)).toBeUndefined());
});

function problemsOf(run: () => unknown): GitOpsError {
  try {
    run();
  } catch (error) {
    if (GitOpsError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
