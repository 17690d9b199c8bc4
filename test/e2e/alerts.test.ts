import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chdir, cwd } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { ApiObject, JsonPatch } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-27';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Alert, Application, ArgoCd, Cluster, Environment, Flux, Install, Platform } from '../../src';
import type { DesiredTree } from '../../src/model/section';
import { openLocal, publish } from '../../src/publish';
import { synthesize } from '../../src/synth/synthesize';
import { bareRepository, commitFiles, git, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { pinFile } from '../helpers/releases';
import { AGENTS, agents, type RunningAgent } from './cluster/agents';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

/** What real agents tell people, with the settings that the repository has for them. */

/** What credentials hold here. Nobody is ever to be told it. */
const CANARY = 'canary-of-alerts';

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes whatever is posted, as a webhook receiver, a Teams workflow and a forge do. */
async function startReceiver(): Promise<{ server: Server; url: string; told: Told[] }> {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { url: path = '', headers, method } = request;
    if (method === 'POST') told.push({ path, headers, body });
    response.writeHead(method === 'POST' ? 201 : 200, { 'Content-Type': 'application/json' });
    response.end(method === 'POST' ? '{}' : '[]');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, told };
}

interface Event {
  readonly involvedObject: { readonly name: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

describe.each(AGENTS)('alerts of %s', (kind) => {
  const agent = agents[kind];
  const before = cwd();
  let plane: ControlPlane;
  let bare: string;
  let url: string;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let running: RunningAgent | undefined;

  const posted = (path: string) =>
    receiver.told.filter((each) => each.path === path).map(({ body }) => JSON.parse(body) as Event);
  const told = (path: string, unit: string) =>
    until(`${path} to be told of ${unit}`, async () => of(posted(path), unit)[0], { within: 280 });
  const of = (events: readonly Event[], unit: string) =>
    events.filter(({ involvedObject }) => involvedObject.name === unit);

  function declare({ withSick = false, withLab = false } = {}): DesiredTree {
    const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
    const cluster = new Cluster(platform, 'eu-1');
    const forge = `${receiver.url}/acme/environments`;
    // Flux has no events of what does not happen.
    const held = Alert.webhook({
      url: `${receiver.url}/held`,
      environments: ['lab'],
      on: ['suspended', 'heldTooLong'],
      heldLongerThan: '20s',
    });
    const alerts = [
      Alert.webhook({ url: `${receiver.url}/all` }),
      Alert.webhook({ url: { secret: 'hook' }, environments: ['prod'] }),
      Alert.teams({ webhook: { secret: 'teams' }, environments: ['dev'] }),
      Alert.commitStatus({ forge: 'github', repository: forge, token: { secret: 'forge' } }),
      ...(kind === 'argo-cd' ? [held] : []),
    ];
    if (kind === 'flux') new Flux(cluster, 'flux', { install: Install.vendored(), alerts });
    else new ArgoCd(cluster, 'argocd', { install: Install.vendored(), alerts });
    const dev = new Environment(platform, 'dev', { cluster });
    const prod = new Environment(platform, 'prod', { cluster });
    for (const environment of [dev, prod]) workload(new Application(environment, 'api'), {});
    workload(new Application(dev, 'broken'), {});
    const shaky = new Application(dev, 'shaky');
    workload(shaky, { isSick: withSick });
    const lab = new Environment(platform, 'lab', { cluster });
    if (withLab) {
      workload(new Application(lab, 'paused'), { isPaused: true });
      workload(new Application(lab, 'waiting', { dependsOn: [shaky] }), {});
    }
    return synthesize(platform);
  }

  async function release(tree: DesiredTree) {
    await publish(tree, { remote: { url, branch: 'main' }, generator: 'test', env: process.env });
  }

  /** Has the agent look at the newest commit. */
  async function refresh() {
    if (kind === 'flux') {
      const now = `reconcile.fluxcd.io/requestedAt=${Date.now()}`;
      await plane.kubectl('annotate', '--overwrite', '-n', 'flux-system', 'gitrepository/environments', now);
    } else {
      const all = ['applications.argoproj.io', '--all', 'argocd.argoproj.io/refresh=normal'];
      await plane.kubectl('annotate', '--overwrite', '-n', 'argocd', ...all);
    }
  }

  function healthy(...names: string[]) {
    return until(
      `${names.join(', ')} to be healthy`,
      async () => {
        for (const name of names) {
          const unit = await plane.get(agent.resource, name, agent.namespace);
          if (!unit || !agent.isHealthy(unit))
            throw new Error(`${name}: ${unit ? agent.complaints(unit) : 'not there'}`);
        }
        return true;
      },
      { within: 240 },
    );
  }

  /** What somebody would put into a Secret. */
  function secretFor(reference: string): string {
    if (!reference.endsWith('address')) return CANARY;
    // As Teams' own addresses look.
    return reference.includes('teams') ? `${receiver.url}/powerautomate/teams` : `${receiver.url}/prod`;
  }

  /** Does by kubectl what `bootstrap` does, with the Secrets that it asks for. */
  async function bootstrap(tree: DesiredTree) {
    const start = tree.starts?.['eu-1'];
    await plane.kubectl('create', 'namespace', agent.namespace);
    for (const { name, keys } of start?.secrets ?? []) {
      const stringData = Object.fromEntries(keys.map((key) => [key, secretFor(`${name}-${key}`)]));
      const metadata = { name, namespace: agent.namespace };
      await plane.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
    }
    const repository = await openLocal(bare, {});
    for (const step of start?.steps ?? []) {
      if (step.kind !== 'apply') throw new Error(`unexpected step ${step.kind}`);
      const files = [...(await repository.readTree(step.path))].map(([name, text]) => [name, String(text)] as const);
      const flags = ['--force-conflicts', `--field-manager=${step.fieldManager}`];
      const ranks = [/(^|\/)(namespace|customresourcedefinition)-[^/]*$/, /(^|\/)appproject-[^/]*$/, /./];
      const rankOf = (name: string) => ranks.findIndex((rank) => rank.test(name));
      for (const rank of ranks.keys()) {
        const part = files.filter(([name]) => rankOf(name) === rank);
        if (part.length === 0) continue;
        await plane.apply(part.map(([, text]) => text).join('---\n'), ...flags);
        await until('the definitions', async () => {
          await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
          return true;
        });
      }
    }
    await repository.close();
    running = await agent.start(plane);
  }

  beforeAll(async () => {
    const project = temporaryFolder();
    pinFile(project, kind, agent.version, agent.manifest);
    chdir(project);
    plane = await startControlPlane(temporaryFolder());
    bare = bareRepository();
    ({ url } = await serveGit(bare));
    receiver = await startReceiver();
    const tree = declare();
    await release(tree);
    await bootstrap(tree);
  });

  afterAll(async () => {
    chdir(before);
    await running?.stop();
    await plane?.stop();
    receiver?.server.close();
  });

  test('nobody is told of units that are healthy', async () => {
    await healthy('dev.api', 'dev.broken', 'dev.shaky', 'prod.api');
    await setTimeout(5_000);
    expect(posted('/all')).toEqual([]);
    expect(posted('/prod')).toEqual([]);
  });

  test('a commit has the status of what is applied from it', async () => {
    const head = git(bare, 'rev-parse', 'main');
    await until('the status of the commit', async () =>
      receiver.told.some(
        ({ path, body }) => path.endsWith(`/repos/acme/environments/statuses/${head}`) && body.includes('dev.api'),
      ),
    );
    const mark = receiver.told.find(({ path }) => path.endsWith(head));
    expect(JSON.parse(mark?.body ?? '')).toMatchObject({ state: 'success' });
    expect(mark?.headers.authorization).toBe(`Bearer ${CANARY}`);
  });

  test('what breaks is told of', async () => {
    await release(declare({ withSick: true, withLab: true }));
    const refused = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n';
    const folders = ['environments/dev/broken', 'environments/prod/api'];
    commitFiles(bare, Object.fromEntries(folders.map((folder) => [`${folder}/configmap-refused.yaml`, refused])));
    await refresh();
    const sick = await told('/all', 'dev.shaky');
    expect(sick).toMatchObject({ severity: 'error', reason: kind === 'flux' ? 'HealthCheckFailed' : 'Degraded' });
    expect(sick.message).toMatch(/Deployment/);
    expect(sick.metadata.cluster).toBe('eu-1');
    for (const unit of ['dev.broken', 'prod.api']) {
      const failed = await told('/all', unit);
      expect(failed).toMatchObject({
        severity: 'error',
        reason: kind === 'flux' ? 'ReconciliationFailed' : 'SyncFailed',
      });
      expect(failed.message).toContain('Not_A_Name');
    }
  }, 600_000);

  test('nobody is told of other environments than those that were named; the address was in a Secret', async () => {
    await told('/prod', 'prod.api');
    expect(new Set(posted('/prod').map(({ involvedObject }) => involvedObject.name))).toEqual(new Set(['prod.api']));
  });

  test('the commit is marked as failed', async () => {
    await until('the failure', async () =>
      receiver.told.some(
        ({ path, body }) =>
          path.includes('/statuses/') && /"state":"(failure|error)"/.test(body) && body.includes('dev.shaky'),
      ),
    );
  });

  test('a Teams workflow gets a card', async () => {
    const cards = receiver.told.filter(({ path }) => path === '/powerautomate/teams');
    const card = cards.find(({ body }) => body.includes('dev.shaky'));
    expect(JSON.parse(card?.body ?? '{}')).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }],
    });
    expect(cards.filter(({ body }) => body.includes('prod.api'))).toEqual([]);
  });

  if (kind === 'argo-cd') {
    test('what is suspended or held too long is told of, once', async () => {
      // Argo CD looks at the time once a minute.
      const paused = await told('/held', 'lab.paused');
      expect(paused).toMatchObject({ reason: 'Suspended', metadata: { environment: 'lab', application: 'paused' } });
      const isWaiting = ({ metadata }: Event) => metadata.application === 'waiting';
      const waiting = await until('the alert of lab.waiting', async () => posted('/held').find(isWaiting), {
        within: 200,
      });
      expect(waiting).toMatchObject({ reason: 'HeldTooLong' });
      expect(waiting.message).toContain('dev.shaky');
      expect(of(posted('/held'), 'lab.paused')).toHaveLength(1);
      expect(posted('/held').filter(isWaiting)).toHaveLength(1);
    }, 600_000);
  }

  test('it is told of once; Flux repeats it with every attempt at a unit that is sick', async () => {
    const isSick = ({ involvedObject }: Event) => involvedObject.name === 'dev.shaky';
    if (kind === 'flux') {
      await until('another attempt', async () => posted('/all').filter(isSick).length > 1, { within: 200 });
      const texts = posted('/all')
        .filter(isSick)
        .map(({ message }) => message);
      expect(new Set(texts).size).toBe(texts.length);
    } else {
      // It looks again once a minute.
      await setTimeout(65_000);
      expect(posted('/all').filter(isSick)).toHaveLength(1);
    }
    const others = posted('/all').filter((event) => !isSick(event));
    expect(others.map(({ involvedObject }) => involvedObject.name).sort()).toEqual(['dev.broken', 'prod.api']);
    for (const { body } of receiver.told) expect(body).not.toContain(CANARY);
  }, 600_000);
});

function workload(application: Application, { isSick = false, isPaused = false }) {
  const made = new Deployment(application, 'web', {
    replicas: 1,
    containers: [{ image: 'nginx:1.29', portNumber: 80 }],
  });
  const object = ApiObject.of(made);
  object.addJsonPatch(JsonPatch.add('/spec/progressDeadlineSeconds', 5));
  // Nothing satisfies it: what a bad image or a failing probe comes to.
  if (isPaused) object.addJsonPatch(JsonPatch.add('/spec/paused', true));
  if (isSick) object.addJsonPatch(JsonPatch.add('/spec/template/spec/nodeSelector', { 'no-such': 'node' }));
}
