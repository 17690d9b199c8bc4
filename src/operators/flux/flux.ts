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
import { alertObjects, unsupportedByFlux } from './alerts';
import { operatedBootstrap, operatedRoot } from './hub';
import { type FluxInput, type FluxInstallProps, fluxInstallation, fluxProblems, folderKustomization } from './install';
import { kustomization, leavingOut, OPERATOR_LABEL, PROTECTED, UNIT_LABEL } from './objects';
import { type FluxReceiver, type FluxVerify, sourceObjects, sourceProblems } from './source';
import { unitObjects } from './unit';

export interface FluxProps extends FluxInstallProps {
  /**
   * How Flux gets into the cluster.
   *
   * @default Install.existing()
   */
  readonly install?: Install;

  /**
   * Namespace that Flux runs in.
   *
   * @default flux-system
   */
  readonly namespace?: string;

  /**
   * How often Flux looks for a new commit, as a Go duration.
   *
   * @default 1m
   */
  readonly interval?: string;

  /**
   * Name of the Secret with which Flux reads the environment repository. It is created by hand, or by `bootstrap`.
   *
   * @default - none: anyone may read the repository
   */
  readonly repositorySecret?: string;

  /**
   * Every unit is applied as a service account of its own, which may do everything in the unit's namespaces, and nothing
   * in those of others.
   *
   * @default - true, unless `serviceAccount` names one for all
   */
  readonly unitAccounts?: boolean;

  /**
   * Service account that all units are applied as. It is somebody else's to create, and to give rights.
   *
   * @default - each has its own; without `unitAccounts` Flux's own account, by name where Flux is installed from here,
   *   since the default account of the namespace may do nothing
   */
  readonly serviceAccount?: string;

  /**
   * What tells Flux of a push, so that it looks at once.
   *
   * @default - Flux looks every `interval`
   */
  readonly receiver?: FluxReceiver;

  /**
   * Apply signed commits only.
   *
   * @default - every commit on the branch is applied
   */
  readonly verify?: FluxVerify;

  /**
   * Whom to tell when something breaks. It takes Flux's notification-controller.
   *
   * @default - nobody
   */
  readonly alerts?: readonly Alert[];
}

/** Flux: a unit is a `Kustomization`, and another one that makes its surroundings. */
export class Flux extends Construct implements Operator {
  readonly kind = 'flux';
  readonly encryption = 'sops';
  readonly protection = PROTECTED;
  readonly keep = this.protection;
  private readonly namespace: string;
  private readonly interval: string;
  private readonly input: FluxInput;
  private readonly serviceAccount: string | undefined;
  private readonly unitAccounts: boolean;

  constructor(cluster: Construct, id = 'flux', props: FluxProps = {}) {
    super(cluster, id);
    const { install = Install.existing(), namespace, interval, unitAccounts, serviceAccount, ...rest } = props;
    const { repositorySecret, receiver, verify, alerts, ...own } = rest;
    const isExisting = install?.kind === 'existing';
    this.namespace = namespace ?? (isExisting ? install.namespace : undefined) ?? 'flux-system';
    this.interval = interval ?? '1m';
    // Its own account has to be named as soon as it is not the one that is taken without a name.
    const isNamed = !isExisting && own.tenancy?.defaultServiceAccount !== false;
    const privileged = isNamed ? FLUX_ACCOUNT : undefined;
    this.serviceAccount = serviceAccount ?? privileged;
    this.unitAccounts = unitAccounts ?? serviceAccount === undefined;
    this.input = {
      install,
      props: own,
      namespace: this.namespace,
      protection: this.protection,
      serviceAccount: privileged,
      repositorySecret,
      receiver,
      verify,
      ...(alerts ? { alerts } : {}),
    };
    const problems = [...fluxProblems(install, own), ...sourceProblems({ receiver, verify })];
    if (unitAccounts === true && serviceAccount !== undefined) {
      problems.push('`serviceAccount` is one for all units, and `unitAccounts` one for each: leave out one of them');
    }
    const fields = ['tenancy', 'networkPolicies', 'inMemoryBuilds'] as const;
    const idle = [...workloadFields(own), ...fields.filter((field) => own[field] !== undefined)];
    if (isExisting && idle.length > 0) {
      problems.push(
        `it runs already, so that ${idle.join(', ')} would have no effect: leave it out, or pass \`install\``,
      );
    }
    const components = install?.kind === 'fluxInstance' ? install.components : undefined;
    const isTold = components?.includes('notification-controller') ?? true;
    const told = () => alertProblems(this, alerts, (alert) => unsupportedByFlux(alert, isTold));
    reportProblems(this, () => [...problems.map((message) => ({ message })), ...told()]);
    operate(cluster, this);
  }

  installation(cluster: ClusterRegistration, operated: readonly OperatedCluster[] = []): Installation | undefined {
    return fluxInstallation(cluster, this.input, operated);
  }

  bootstrap(
    cluster: ClusterRegistration,
    installed?: InstalledFolder,
    operated: readonly OperatedCluster[] = [],
  ): Manifest[] {
    const { platform, path } = cluster;
    const { namespace, interval, input } = this;
    // The operator's folder is left out ahead of time: a root that had applied it once would prune it later.
    const patches = [leavingOut(OPERATOR_LABEL), leavingOut(UNIT_LABEL)];
    return [
      ...sourceObjects(cluster, { ...input, interval }, operated),
      // It does not wait: a unit that is not healthy must not hold up the registration of others.
      kustomization(
        `root.${platform}`,
        { namespace, path, serviceAccount: input.serviceAccount },
        { wait: false, patches },
      ),
      ...(installed ? [folderKustomization(cluster, installed, input)] : []),
      ...operated.map((each) => operatedRoot(platform, each, input)),
      ...alertObjects(input.alerts ?? [], cluster, namespace),
    ];
  }

  operatedBootstrap(): Manifest[] {
    return operatedBootstrap({ namespace: this.namespace, account: this.input.serviceAccount ?? FLUX_ACCOUNT });
  }

  registerEnvironment(): Manifest[] {
    return [];
  }

  registerUnit(unit: UnitRegistration): UnitObjects {
    return unitObjects(unit, {
      namespace: this.namespace,
      privileged: this.input.serviceAccount,
      hasOwnAccount: this.unitAccounts,
      account: this.serviceAccount,
    });
  }
}

/** The account of the controller that applies Kustomizations. */
const FLUX_ACCOUNT = 'kustomize-controller';
