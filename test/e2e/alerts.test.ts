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
  const of = (events: readonly Event[], unit: string) =>
    events.filter(({ involvedObject }) => involvedObject.name === unit);

  function declare({ withSick = false } = {}): DesiredTree {
    const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
    const cluster = new Cluster(platform, 'eu-1');
    const forge = `${receiver.url}/acme/environments`;
    const alerts = [
      Alert.webhook({ url: `${receiver.url}/all` }),
      Alert.webhook({ url: { secret: 'hook' }, environments: ['prod'] }),
      Alert.commitStatus({ forge: 'github', repository: forge, token: { secret: 'forge' } }),
    ];
    if (kind === 'flux') new Flux(cluster, 'flux', { install: Install.vendored(), alerts });
    else new ArgoCd(cluster, 'argocd', { install: Install.vendored(), alerts });
    const dev = new Environment(platform, 'dev', { cluster });
    const prod = new Environment(platform, 'prod', { cluster });
    for (const environment of [dev, prod]) workload(new Application(environment, 'api'), {});
    workload(new Application(dev, 'broken'), {});
    workload(new Application(dev, 'shaky'), { isSick: withSick });
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

  /** Does by kubectl what `bootstrap` does, with the Secrets that it asks for. */
  async function bootstrap(tree: DesiredTree) {
    const start = tree.starts?.['eu-1'];
    await plane.kubectl('create', 'namespace', agent.namespace);
    for (const { name, keys } of start?.secrets ?? []) {
      const stringData = Object.fromEntries(
        keys.map((key) => [key, key.endsWith('address') ? `${receiver.url}/prod` : CANARY]),
      );
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

  test('a unit that does not become healthy, and one that cannot be applied, are told of once', async () => {
    await release(declare({ withSick: true }));
    const refused = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n';
    commitFiles(bare, { 'environments/dev/broken/configmap-refused.yaml': refused });
    await refresh();
    const sick = await until('the alert of dev.shaky', async () => of(posted('/all'), 'dev.shaky')[0], { within: 240 });
    expect(sick).toMatchObject({ severity: 'error', reason: kind === 'flux' ? 'HealthCheckFailed' : 'Degraded' });
    expect(sick.message).toMatch(/Deployment/);
    expect(sick.metadata.cluster).toBe('eu-1');

    const failed = await until('the alert of dev.broken', async () => of(posted('/all'), 'dev.broken')[0], {
      within: 280,
    });
    expect(failed).toMatchObject({
      severity: 'error',
      reason: kind === 'flux' ? 'ReconciliationFailed' : 'SyncFailed',
    });
    expect(failed.message).toContain('Not_A_Name');

    await setTimeout(20_000);
    expect(posted('/all').map(({ involvedObject, reason }) => [involvedObject.name, reason])).toEqual(
      expect.arrayContaining([expect.arrayContaining(['dev.shaky']), expect.arrayContaining(['dev.broken'])]),
    );
    expect(of(posted('/all'), 'dev.shaky')).toHaveLength(1);
    expect(of(posted('/all'), 'dev.broken')).toHaveLength(1);
    expect(posted('/all')).toHaveLength(2);
    expect(of(posted('/all'), 'dev.api')).toEqual([]);
  }, 600_000);

  test('nobody is told of other environments than those that were named', () => {
    expect(posted('/prod')).toEqual([]);
  });

  test('the commit is marked as failed', async () => {
    await until('the failure', async () =>
      receiver.told.some(
        ({ path, body }) =>
          path.includes('/statuses/') && /"state":"(failure|error)"/.test(body) && body.includes('dev.shaky'),
      ),
    );
  });

  test('an address that lies in a Secret is used, and nothing that is told holds a credential', async () => {
    commitFiles(bare, {
      'environments/prod/api/configmap-refused.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n',
    });
    await refresh();
    await until('the alert of prod.api', async () => of(posted('/prod'), 'prod.api')[0], { within: 280 });
    for (const { body } of receiver.told) expect(body).not.toContain(CANARY);
  }, 600_000);
});

function workload(application: Application, { isSick = false }) {
  const made = new Deployment(application, 'web', {
    replicas: 1,
    containers: [{ image: 'nginx:1.29', portNumber: 80 }],
  });
  const object = ApiObject.of(made);
  object.addJsonPatch(JsonPatch.add('/spec/progressDeadlineSeconds', 5));
  // Nothing satisfies it: what a bad image or a failing probe comes to.
  if (isSick) object.addJsonPatch(JsonPatch.add('/spec/template/spec/nodeSelector', { 'no-such': 'node' }));
}
