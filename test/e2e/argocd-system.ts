import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DesiredTree } from '../../src/model/section';
import { configMaps } from '../../src/operators/argocd/settings';
import { openLocal, publish } from '../../src/publish';
import { bareRepository, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { ARGO_CD_DEFINITIONS } from '../helpers/shared-data';
import { argocdBasics, startArgoCd } from './cluster/argocd';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

/** An Argo CD that was there before, with the settings that come with ours, and an environment repository. */

export const NAMESPACE = 'argocd';
const APPLICATIONS = 'applications.argoproj.io';

export interface ArgoCdSystem {
  readonly plane: ControlPlane;
  readonly bare: string;
  readonly url: string;
  /** Publishes, and tells Argo CD of it as a webhook would: nothing after that is told to it. */
  release(tree: DesiredTree, ...deleted: string[]): Promise<void>;
  /** Tells Argo CD that there is a new commit. */
  push(): Promise<unknown>;
  /** Applies what makes Argo CD follow the repository. */
  bootstrap(cluster: string): Promise<void>;
  application(name: string): Promise<KubernetesObject | undefined>;
  applications(): Promise<KubernetesObject[]>;
  /** Waits until an Application is synced and healthy. */
  settled(name: string): Promise<KubernetesObject>;
  approve(name: string): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startSystem(): Promise<ArgoCdSystem> {
  const plane = await startControlPlane(temporaryFolder());
  await plane.kubectl('create', 'namespace', NAMESPACE);
  for (const name of ['application', 'applicationset', 'appproject']) {
    await plane.apply(readFileSync(join(ARGO_CD_DEFINITIONS, `${name}-crd.yaml`), 'utf8'));
  }
  await until('the definitions', async () => {
    await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    return true;
  });
  await plane.apply(argocdBasics());
  const data = JSON.stringify({ data: configMaps()['argocd-cm'] });
  await plane.kubectl('patch', 'configmap', 'argocd-cm', '-n', NAMESPACE, '--type=merge', '-p', data);
  const agent = await startArgoCd(plane);
  const bare = bareRepository();
  const { url } = await serveGit(bare);
  const annotate = (name: string, annotation: string) =>
    plane.kubectl('annotate', '--overwrite', '-n', NAMESPACE, APPLICATIONS, name, annotation);
  const application = (name: string) => plane.get(APPLICATIONS, name, NAMESPACE);
  const push = () => annotate('--all', 'argocd.argoproj.io/refresh=normal');
  return {
    plane,
    bare,
    url,
    async release(tree, ...deleted) {
      const remote = { url, branch: 'main' };
      await publish(tree, { remote, generator: 'test', env: process.env, acknowledged: { delete: deleted } });
      await push();
    },
    push,
    async bootstrap(cluster) {
      const repository = await openLocal(bare, {});
      const files = [...(await repository.readTree(`clusters/${cluster}/bootstrap`))];
      await repository.close();
      // An Application that is there before its project waits for minutes.
      for (const kind of ['appproject', 'application']) {
        const objects = files.filter(([path]) => path.includes(`${kind}-`)).map(([, content]) => String(content));
        await plane.apply(objects.join('---\n'));
      }
    },
    application,
    applications: () => plane.list(APPLICATIONS, NAMESPACE),
    settled: (name) =>
      until(
        `${name} to be synced and healthy`,
        async () => {
          const found = await application(name);
          const { sync, health, conditions, operationState } = found?.status ?? {};
          if (found && sync?.status === 'Synced' && health?.status === 'Healthy') return found;
          throw new Error(JSON.stringify([sync?.status, health, conditions, operationState?.message]));
        },
        { within: 120 },
      ),
    approve: (name) => annotate(name, `argocd.argoproj.io/deletion-approved=${new Date().toISOString()}`),
    async stop() {
      await agent.stop();
      await plane.stop();
    },
  };
}
