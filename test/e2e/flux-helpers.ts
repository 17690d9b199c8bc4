import { chdir, cwd } from 'node:process';
import { ApiObject, JsonPatch } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { GitOpsError } from '../../src/errors';
import type { DesiredTree } from '../../src/model/section';
import { COMPONENTS, tenancyArgs, workerArgs } from '../../src/operators/flux/components';
import { openLocal, type PublishResult, publish } from '../../src/publish';
import type { PublishOptions } from '../../src/publish/options';
import { bareRepository, git, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { pinFile } from '../helpers/releases';
import { FLUX_MANIFEST } from '../helpers/shared-data';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { type FluxAgent, startFlux } from './cluster/flux';
import { until } from './cluster/processes';

/** A cluster in which Flux comes from the environment repository, with the flags that it is given there. */

export const NAMESPACE = 'flux-system';
const KUSTOMIZATIONS = 'kustomizations.kustomize.toolkit.fluxcd.io';

export class FluxCluster {
  /** Starts a control plane, and serves an empty environment repository. */
  static async start(): Promise<FluxCluster> {
    const before = cwd();
    const folder = temporaryFolder();
    pinFile(folder, 'flux', '2.9.4', FLUX_MANIFEST);
    chdir(folder);
    const plane = await startControlPlane(temporaryFolder());
    const bare = bareRepository();
    const { url } = await serveGit(bare);
    return new FluxCluster(plane, bare, url, before);
  }

  private agent: FluxAgent | undefined;

  private constructor(
    readonly plane: ControlPlane,
    readonly bare: string,
    readonly url: string,
    private readonly before: string,
  ) {}

  get receiver(): string {
    return this.agent?.receiver ?? '';
  }

  async stop(): Promise<void> {
    chdir(this.before);
    await this.agent?.stop();
    await this.plane.stop();
  }

  /** Publishes, and acknowledges what is lost: that the guard asks is shown elsewhere. */
  async release(tree: DesiredTree, more: Partial<PublishOptions> = {}): Promise<PublishResult> {
    const options = { remote: { url: this.url, branch: 'main' }, generator: 'test', env: process.env, ...more };
    try {
      return await publish(tree, options);
    } catch (error) {
      const names = GitOpsError.is(error) ? error.message.split('--delete ').at(-1)?.split(/\s+/) : undefined;
      if (names === undefined || !String(error).includes('--delete ')) throw error;
      return await publish(tree, { ...options, acknowledged: { delete: names } });
    }
  }

  /** Does by kubectl what `bootstrap` does, and starts Flux's controllers. */
  async bootstrap(tree: DesiredTree): Promise<void> {
    for (const step of tree.starts?.['eu-1']?.steps ?? []) {
      if (step.kind !== 'apply') throw new Error(`unexpected step ${step.kind}`);
      const flags = ['--force-conflicts', `--field-manager=${step.fieldManager}`];
      const files = [...(await this.read(step.path))];
      const isFirst = (name: string) => /\/?(namespace|customresourcedefinition)-[^/]*$/.test(name);
      const first = files.filter(([name]) => isFirst(name)).map(([, text]) => text);
      if (first.length > 0) {
        await this.plane.apply(first.join('---\n'), ...flags);
        await until('the definitions', async () => {
          await this.plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
          return true;
        });
      }
      const others = files.filter(([name]) => !isFirst(name)).map(([, text]) => text);
      await this.plane.apply(others.join('---\n'), ...flags);
    }
    const settings = Object.fromEntries(
      COMPONENTS.map((component) => [
        component.replace('-controller', ''),
        [...tenancyArgs(component), ...workerArgs(component)],
      ]),
    );
    this.agent = await startFlux(this.plane, NAMESPACE, { settings });
  }

  /** Files of a folder, by their path in the repository. */
  async read(path: string): Promise<Map<string, string>> {
    const repository = await openLocal(this.bare, {});
    const files = new Map(
      [...(await repository.readTree(path))].map(([name, content]) => [
        name.startsWith(`${path}/`) ? name : `${path}/${name}`,
        String(content),
      ]),
    );
    await repository.close();
    return files;
  }

  unit(name: string): Promise<KubernetesObject | undefined> {
    return this.plane.get(KUSTOMIZATIONS, name, NAMESPACE);
  }

  /** Has Flux look at once, at the repository or at a Kustomization. */
  async refresh(object = 'gitrepository/environments'): Promise<void> {
    const now = `reconcile.fluxcd.io/requestedAt=${Date.now()}`;
    await this.plane.kubectl('annotate', '--overwrite', '-n', NAMESPACE, object, now);
  }

  /** Waits until Kustomizations have applied the head of the branch, and are ready. */
  async ready(...names: string[]): Promise<void> {
    for (const name of names) {
      await until(
        `${name} to be ready`,
        async () => {
          const found = await this.unit(name);
          if (readiness(found) === 'True' && this.isCurrent(found)) return true;
          throw new Error(JSON.stringify(found?.status ?? 'not there').slice(0, 2000));
        },
        { within: 120 },
      );
    }
  }

  private isCurrent(unit: KubernetesObject | undefined): boolean {
    const head = git(this.bare, 'rev-parse', 'main');
    return (
      unit?.status?.observedGeneration === unit?.metadata.generation &&
      unit?.status?.lastAppliedRevision === `main@sha1:${head}`
    );
  }

  /** Waits until a Kustomization says that it cannot do something, and returns why. */
  refused(name: string, reason: RegExp): Promise<string> {
    return until(
      `${name} to be refused`,
      async () => {
        const message = messageOf(await this.unit(name));
        if (reason.test(message)) return message;
        throw new Error(message);
      },
      { within: 120 },
    );
  }

  gone(resource: string, name: string, namespace?: string, within = 60): Promise<unknown> {
    return until(
      `${resource} ${name} to be gone`,
      async () => {
        const found = await this.plane.get(resource, name, namespace);
        if (found === undefined) return true;
        throw new Error(JSON.stringify([found.metadata, found.status]).slice(0, 2000));
      },
      { within },
    );
  }

  there(resource: string, name: string, namespace?: string): Promise<KubernetesObject> {
    return until(`${resource} ${name}`, () => this.plane.get(resource, name, namespace), { within: 120 });
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

const readyOf = (unit: KubernetesObject | undefined): Condition | undefined =>
  (unit?.status?.conditions ?? []).find(({ type }: Condition) => type === 'Ready');

export const readiness = (unit: KubernetesObject | undefined): string | undefined => readyOf(unit)?.status;
export const messageOf = (unit: KubernetesObject | undefined): string => readyOf(unit)?.message ?? '';

/** A Deployment whose pods run, or are never given a node. */
export function deployment(scope: Construct, id: string, { sick = false, replicas = 1 } = {}): Deployment {
  const made = new Deployment(scope, id, { replicas, containers: [{ image: 'nginx:1.29', portNumber: 80 }] });
  if (sick) {
    ApiObject.of(made).addJsonPatch(JsonPatch.add('/spec/template/spec/nodeSelector', { 'no-such': 'node' }));
  }
  return made;
}
