import { Construct } from 'constructs';
import { operate } from '../../constructs/cluster';
import type { Manifest } from '../../model/manifest';
import { Install } from '../install';
import type {
  ClusterRegistration,
  EnvironmentRegistration,
  Installation,
  InstalledFolder,
  Operator,
  UnitObjects,
  UnitRegistration,
} from '../operator';
import { unitLabels, unitName } from '../operator';
import { workloadFields } from '../workloads';
import {
  type ArgoCdInstall,
  type ArgoCdInstallProps,
  argoCdInstallation,
  argoCdProblems,
  folderApplication,
  type InstallInput,
} from './install';
import { API_VERSION, CASCADE, IN_CLUSTER, PROTECTED, project, syncPolicy } from './objects';

export interface ArgoCdProps extends ArgoCdInstallProps {
  /**
   * How Argo CD gets into the cluster.
   *
   * @default Install.existing()
   */
  readonly install?: ArgoCdInstall;

  /**
   * Namespace that Argo CD runs in.
   *
   * @default argocd
   */
  readonly namespace?: string;
}

/** Argo CD: a unit is an `Application`, an environment an `AppProject`. */
export class ArgoCd extends Construct implements Operator {
  readonly kind = 'argo-cd';
  readonly encryption = 'sealed-secret';
  readonly protection = PROTECTED;
  readonly keep = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' };
  private readonly namespace: string;
  private readonly input: InstallInput;

  constructor(cluster: Construct, id = 'argocd', props: ArgoCdProps = {}) {
    super(cluster, id);
    const { install = Install.existing(), namespace, ...own } = props;
    this.namespace = namespace ?? (install?.kind === 'existing' ? install.namespace : undefined) ?? 'argocd';
    this.input = { install, props: own, namespace: this.namespace, protection: this.protection, keep: this.keep };
    const problems = argoCdProblems(install, own);
    const idle = [...workloadFields(own), ...(['settings', 'repositorySecret'] as const).filter((field) => own[field])];
    if (install?.kind === 'existing' && idle.length > 0) {
      problems.push(
        `it runs already, so that ${idle.join(', ')} would have no effect: leave it out, or pass \`install\``,
      );
    }
    this.node.addValidation({ validate: () => problems });
    operate(cluster, this);
  }

  installation(cluster: ClusterRegistration): Installation | undefined {
    return argoCdInstallation(cluster, this.input);
  }

  bootstrap(cluster: ClusterRegistration, installed?: InstalledFolder): Manifest[] {
    const { repository, path } = cluster;
    // A dot keeps the name apart from those of environments, which are labels.
    const name = `root.${cluster.platform}`;
    const root = project(
      name,
      { namespace: this.namespace, sources: [repository.url], destinations: [this.namespace] },
      {
        clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
        namespaceResourceWhitelist: [
          { group: 'argoproj.io', kind: 'AppProject' },
          { group: 'argoproj.io', kind: 'Application' },
        ],
      },
    );
    // The operator's folder has an Application of its own: one object has one owner.
    const directory = installed ? { recurse: true, exclude: 'operator/**' } : { recurse: true };
    return [
      root,
      {
        apiVersion: API_VERSION,
        kind: 'Application',
        metadata: { name, namespace: this.namespace },
        spec: {
          project: name,
          source: { repoURL: repository.url, targetRevision: repository.branch, path, directory },
          destination: { server: IN_CLUSTER, namespace: this.namespace },
          syncPolicy: syncPolicy(),
        },
      },
      ...(installed ? folderApplication(cluster, installed, this.input) : []),
    ];
  }

  registerEnvironment({ environment, repository, namespaces, clusterKinds }: EnvironmentRegistration): Manifest[] {
    return [
      project(
        environment,
        { namespace: this.namespace, sources: [repository.url], destinations: namespaces },
        { clusterResourceWhitelist: clusterKinds.map(({ group, kind }) => ({ group, kind })) },
      ),
    ];
  }

  registerUnit(unit: UnitRegistration): UnitObjects {
    const registration = {
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: {
        name: unitName(unit),
        namespace: this.namespace,
        labels: unitLabels(unit),
        annotations: {
          // Without it every commit to the repository refreshes every Application.
          'argocd.argoproj.io/manifest-generate-paths': '.',
          ...(unit.depth > 0 ? { 'argocd.argoproj.io/sync-wave': String(unit.depth) } : {}),
        },
        finalizers: [CASCADE],
      },
      spec: {
        project: unit.environment,
        source: { repoURL: unit.repository.url, targetRevision: unit.repository.branch, path: unit.path },
        destination: { server: IN_CLUSTER, namespace: unit.namespace },
        syncPolicy: syncPolicy({ adopts: unit.adopts }),
      },
    };
    return { registration, surroundings: unit.ownNamespace === undefined ? [] : [unit.ownNamespace] };
  }
}
