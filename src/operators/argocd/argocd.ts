import { Construct } from 'constructs';
import { operate } from '../../constructs/cluster';
import { reportProblems } from '../../constructs/problems';
import type { Manifest } from '../../model/manifest';
import { alertProblems } from '../alert-problems';
import type { Alert } from '../alerts';
import { Install } from '../install';
import type {
  ClusterRegistration,
  Installation,
  InstalledFolder,
  OperatedCluster,
  Operator,
  UnitObjects,
  UnitRegistration,
} from '../operator';
import { workloadFields } from '../workloads';
import { unsupportedByArgoCd } from './alerts';
import {
  type ArgoCdInstall,
  type ArgoCdInstallProps,
  argoCdInstallation,
  argoCdProblems,
  folderApplication,
  type InstallInput,
} from './install';
import { PROTECTED } from './objects';
import { rootObjects } from './root';
import { type ArgoCdTrust, trustOf, trustProblems } from './trust';
import { unitObjects } from './unit';

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

  /**
   * Whose commits to the environment repository are applied. It takes Argo CD 3.5 or later, which holds the public keys in
   * `argocd-gpg-keys-cm`.
   *
   * @default - anybody's who may push to it
   */
  readonly trust?: ArgoCdTrust;

  /**
   * Whom to tell when something breaks. It takes effect where Argo CD is installed from here.
   *
   * @default - nobody
   */
  readonly alerts?: readonly Alert[];
}

/** Argo CD: a unit is an `Application` in an `AppProject` of its own, and what puts them into order. */
export class ArgoCd extends Construct implements Operator {
  readonly kind = 'argo-cd';
  readonly encryption = 'sealed-secret';
  readonly protection = PROTECTED;
  readonly keep = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' };
  private readonly namespace: string;
  private readonly input: InstallInput;
  private readonly trust: ArgoCdTrust | undefined;

  constructor(cluster: Construct, id = 'argocd', props: ArgoCdProps = {}) {
    super(cluster, id);
    const { install = Install.existing(), namespace, trust, alerts, ...own } = props;
    this.namespace = namespace ?? (install?.kind === 'existing' ? install.namespace : undefined) ?? 'argocd';
    const { protection, keep } = this;
    this.input = { install, props: own, namespace: this.namespace, protection, keep, ...(alerts ? { alerts } : {}) };
    this.trust = trust;
    const problems = [...argoCdProblems(install, own), ...trustProblems(trust)];
    const idle = [...workloadFields(own), ...(['settings', 'repositorySecret'] as const).filter((field) => own[field])];
    if (install?.kind === 'existing' && idle.length > 0) {
      problems.push(
        `it runs already, so that ${idle.join(', ')} would have no effect: leave it out, or pass \`install\``,
      );
    }
    const told = () =>
      alertProblems(this, alerts, (alert) => unsupportedByArgoCd(alert, install?.kind === 'existing', alerts ?? []));
    reportProblems(this, () => [...problems.map((message) => ({ message })), ...told()]);
    operate(cluster, this);
  }

  installation(cluster: ClusterRegistration, operated?: readonly OperatedCluster[]): Installation | undefined {
    return argoCdInstallation(cluster, this.input, operated);
  }

  bootstrap(
    cluster: ClusterRegistration,
    installed?: InstalledFolder,
    operated?: readonly OperatedCluster[],
  ): Manifest[] {
    const { namespace, input } = this;
    const trust = trustOf(cluster.repository.url, this.trust);
    // What an installation from elsewhere needs in the folder, the root applies.
    const leavesOutOperator = ['vendored', 'existing'].includes(input.install.kind);
    return [
      ...rootObjects(cluster, { namespace, trust, leavesOutOperator, operated }),
      ...(installed ? folderApplication(cluster, installed, input) : []),
    ];
  }

  /** Units have projects of their own. */
  registerEnvironment(): Manifest[] {
    return [];
  }

  registerUnit(unit: UnitRegistration): UnitObjects {
    return unitObjects({ unit, namespace: this.namespace, trust: trustOf(unit.repository.url, this.trust) });
  }
}
