import { join } from 'node:path';
import { type Application, Cluster, Environment, Platform } from '../../../src';
import type { DesiredTree } from '../../../src/model/section';
import { type PublishResult, publish } from '../../../src/publish';
import { synthesize } from '../../../src/synth/synthesize';
import { bareRepository, git, temporaryFolder } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { pinFile } from '../../helpers/releases';
import { type Agent, type AgentKind, agents, type OperatorOptions, type RunningAgent } from './agents';
import { bootstrap } from './bootstrap';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './control-plane';
import { until, type WaitOptions } from './processes';
import { shop } from './shop';

/** The cluster of the platform that all checks publish. */
export const CLUSTER = 'eu-1';
/** The environment of applications that are made for checks. */
export const LAB = 'lab';

/** Declares an application in an environment. */
export type Declares = (environment: Environment) => Application;

/** Changes that the API server writes down. Of bodies it keeps nothing. */
const AUDIT = [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'], resources: [{ group: '' }] }];

/**
 * A control plane, an agent, an environment repository, and a platform that is published to it: `examples/shop`, and what
 * checks add. One of them serves all checks of an agent, in the order in which they are written.
 */
export class System {
  /** Applications for checks, by environment and name: `lab/api`. */
  readonly declared = new Map<string, Declares>();
  /** Another image of checkout in `dev`. */
  checkout: string | undefined;
  /** How the operator itself is declared. */
  operator: OperatorOptions = {};
  private running: RunningAgent | undefined;
  private folder = '';

  static async start(kind: AgentKind): Promise<System> {
    const agent = agents[kind];
    const sources = temporaryFolder();
    pinFile(sources, kind, agent.version, agent.manifest);
    process.chdir(sources);
    const bare = bareRepository();
    const { url } = await serveGit(bare);
    const system = new System(agent, bare, url, sources);
    await system.newControlPlane();
    return system;
  }

  private constructor(
    readonly kind: Agent,
    readonly bare: string,
    readonly url: string,
    /** Working folder of the program, with its pinned release manifest. */
    readonly project: string,
    private current?: ControlPlane,
  ) {}

  get plane(): ControlPlane {
    if (this.current === undefined) throw new Error('there is no control plane');
    return this.current;
  }

  get agent(): RunningAgent {
    if (this.running === undefined) throw new Error('the agent does not run yet');
    return this.running;
  }

  /** A cluster with nothing in it. The one before is gone, and so is its agent. */
  async newControlPlane(): Promise<void> {
    await this.stop();
    this.folder = temporaryFolder();
    this.current = await startControlPlane(this.folder, { audit: AUDIT });
  }

  /** Starts the operator with the printed commands alone. */
  bootstrap(): Promise<void> {
    const { kind, plane, project, url } = this;
    const [workload, name] = kind.workload;
    return bootstrap({
      ...{ kind: kind.kind, project, url, kubeconfig: plane.kubeconfig, folder: temporaryFolder() },
      isInstalled: async () => (await plane.get(workload, name, kind.namespace)) !== undefined,
      startAgent: async () => {
        this.running = await kind.start(plane);
      },
    });
  }

  get audit(): string {
    return join(this.folder, 'audit.log');
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
    await this.current?.stop();
    this.current = undefined;
  }

  /** What is declared right now. */
  tree(): DesiredTree {
    const platform = new Platform({
      name: 'shop',
      source: 'acme/shop',
      environmentRepository: { url: this.url },
    });
    const cluster = new Cluster(platform, CLUSTER);
    this.kind.install(cluster, this.operator);
    shop(platform, cluster, this.checkout);
    const environments = new Map<string, Environment>();
    for (const [unit, declares] of this.declared) {
      const name = unit.split('/')[0] ?? '';
      const environment = environments.get(name) ?? new Environment(platform, name, { cluster });
      environments.set(name, environment);
      declares(environment);
    }
    return synthesize(platform);
  }

  /** Publishes what is declared, and tells the agent, if it runs. Deletions have to be named. */
  async release({ deleting = [] }: { readonly deleting?: readonly string[] } = {}): Promise<PublishResult> {
    const before = this.tip();
    const result = await publish(this.tree(), {
      remote: { url: this.url, branch: 'main' },
      generator: 'test',
      env: process.env,
      acknowledged: { delete: deleting },
    });
    await this.notify(before);
    return result;
  }

  /** Adds or replaces applications of the lab, and publishes. */
  lab(applications: Readonly<Record<string, Declares>>): Promise<PublishResult> {
    for (const [name, declares] of Object.entries(applications)) this.declared.set(`${LAB}/${name}`, declares);
    return this.release();
  }

  /** Takes applications of the lab out of the program, and publishes. Guarded objects in them are named as well. */
  withdraw(names: readonly string[], ...guarded: string[]): Promise<PublishResult> {
    const units = names.map((name) => `${LAB}/${name}`);
    for (const unit of units) this.declared.delete(unit);
    return this.release({ deleting: [...units, ...guarded] });
  }

  /** As people would: confirms that what waits may go along with withdrawn applications, and removes what stays. */
  async bury(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const unit = `${LAB}.${name}`;
      await this.until(`the end of ${unit}`, async () => {
        const left = (await this.units()).filter(({ metadata }) => metadata.name.includes(unit));
        if (left.length === 0) return true;
        // What waits is there only once the deletion has come so far.
        await this.kind.confirm(this.plane, unit).catch(() => {});
        return false;
      });
      await this.plane.kubectl('delete', 'namespace', `${LAB}-${name}`, '--ignore-not-found');
    }
  }

  tip(): string | undefined {
    return git(this.bare, 'for-each-ref', '--format=%(objectname)', 'refs/heads/main') || undefined;
  }

  /** Tells the agent of everything that was pushed since a commit. */
  async notify(before: string | undefined): Promise<void> {
    const after = this.tip();
    if (this.running === undefined || before === undefined || after === undefined || after === before) return;
    const changed = { added: [] as string[], modified: [] as string[], removed: [] as string[] };
    const lists: Record<string, string[]> = { A: changed.added, M: changed.modified, D: changed.removed };
    for (const line of git(this.bare, 'diff', '--name-status', '--no-renames', before, after).split('\n')) {
      const [status = '', path = ''] = line.split('\t');
      lists[status]?.push(path);
    }
    await this.running.notify(this.plane, { url: this.url, before, after, changed });
  }

  units(): Promise<KubernetesObject[]> {
    return this.plane.list(this.kind.resource, this.kind.namespace);
  }

  unit(name: string): Promise<KubernetesObject | undefined> {
    return this.plane.get(this.kind.resource, name, this.kind.namespace);
  }

  /** Waits until units are there and healthy; all that there are when none is named. */
  async healthy(names: readonly string[], options: WaitOptions = {}): Promise<void> {
    await until(
      `${names.length === 0 ? 'everything' : names.join(', ')} to be healthy`,
      async () => {
        const units = await this.units();
        const present = new Set(units.map(({ metadata }) => metadata.name));
        const missing = names.filter((name) => !present.has(name));
        const wanted = units.filter(({ metadata }) => names.length === 0 || names.includes(metadata.name));
        const sick = wanted.filter((unit) => !this.kind.isHealthy(unit));
        if (missing.length === 0 && sick.length === 0 && wanted.length > 0) return true;
        const told = sick
          .slice(0, 3)
          .map((unit) => `${unit.metadata.name}: ${this.kind.complaints(unit).slice(0, 800)}`);
        const also = missing.length === 0 ? [] : [`not there: ${missing.join(', ')}`];
        throw new Error([...also, `${sick.length} of ${wanted.length} not healthy`, ...told].join('\n'));
      },
      { within: 240, every: 300, ...options },
    );
  }

  /** Waits until something is so in the cluster. */
  until<T>(what: string, look: () => Promise<T | undefined | false>, within = 180): Promise<T> {
    return until(what, look, { within });
  }
}
