import { Construct } from 'constructs';
import { operate } from '../../constructs/cluster';
import type { Manifest } from '../../model/manifest';
import { Install } from '../install';
import type {
  ClusterRegistration,
  Installation,
  InstalledFolder,
  Operator,
  UnitObjects,
  UnitRegistration,
} from '../operator';
import { unitLabels, unitName } from '../operator';
import { workloadFields } from '../workloads';
import {
  type FluxInput,
  type FluxInstallProps,
  fluxInstallation,
  fluxProblems,
  folderKustomization,
  withoutFolder,
} from './install';
import { gitUrl, kustomization, PROTECTED, SOURCE_API, SOURCE_NAME } from './objects';

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
   * Service account that units are applied as.
   *
   * @default - Flux's own; where Flux is installed from here, `kustomize-controller` by name, since the default account
   *   of the namespace may do nothing
   */
  readonly serviceAccount?: string;
}

/** Flux: a unit is a `Kustomization`. */
export class Flux extends Construct implements Operator {
  readonly kind = 'flux';
  readonly encryption = 'sops';
  readonly protection = PROTECTED;
  readonly keep = this.protection;
  private readonly namespace: string;
  private readonly interval: string;
  private readonly input: FluxInput;
  private readonly serviceAccount: string | undefined;

  constructor(cluster: Construct, id = 'flux', props: FluxProps = {}) {
    super(cluster, id);
    const { install = Install.existing(), namespace, interval, repositorySecret, serviceAccount, ...own } = props;
    const isExisting = install?.kind === 'existing';
    this.namespace = namespace ?? (isExisting ? install.namespace : undefined) ?? 'flux-system';
    this.interval = interval ?? '1m';
    // Its own account has to be named as soon as it is not the one that is taken without a name.
    const isNamed = !isExisting && own.tenancy?.defaultServiceAccount !== false;
    const privileged = isNamed ? 'kustomize-controller' : undefined;
    this.serviceAccount = serviceAccount ?? privileged;
    this.input = {
      install,
      props: own,
      namespace: this.namespace,
      protection: this.protection,
      serviceAccount: privileged,
      repositorySecret,
    };
    const problems = fluxProblems(install, own);
    const fields = ['tenancy', 'networkPolicies'] as const;
    const idle = [...workloadFields(own), ...fields.filter((field) => own[field] !== undefined)];
    if (isExisting && idle.length > 0) {
      problems.push(
        `it runs already, so that ${idle.join(', ')} would have no effect: leave it out, or pass \`install\``,
      );
    }
    this.node.addValidation({ validate: () => problems });
    operate(cluster, this);
  }

  installation(cluster: ClusterRegistration): Installation | undefined {
    return fluxInstallation(cluster, this.input);
  }

  bootstrap(cluster: ClusterRegistration, installed?: InstalledFolder): Manifest[] {
    const { platform, repository, path } = cluster;
    const { serviceAccount, repositorySecret } = this.input;
    return [
      {
        apiVersion: SOURCE_API,
        kind: 'GitRepository',
        metadata: { name: SOURCE_NAME, namespace: this.namespace },
        spec: {
          interval: this.interval,
          url: gitUrl(repository.url),
          ref: { branch: repository.branch },
          ...(repositorySecret === undefined ? {} : { secretRef: { name: repositorySecret } }),
        },
      },
      // It does not wait: a unit that is not healthy must not hold up the registration of others.
      kustomization(
        `root.${platform}`,
        { namespace: this.namespace, path, serviceAccount },
        { wait: false, ...(installed ? withoutFolder() : {}) },
      ),
      ...(installed ? [folderKustomization(cluster, installed, this.input)] : []),
    ];
  }

  registerEnvironment(): Manifest[] {
    return [];
  }

  registerUnit(unit: UnitRegistration): UnitObjects {
    const registration = kustomization(
      unitName(unit),
      {
        namespace: this.namespace,
        path: unit.path,
        labels: unitLabels(unit),
        serviceAccount: this.serviceAccount,
      },
      {
        wait: true,
        // It would override the namespace of objects that have one, so it is set only when none has.
        ...(unit.defaultsNamespace ? { targetNamespace: unit.namespace } : {}),
        ...(unit.dependsOn.length > 0 ? { dependsOn: unit.dependsOn.map((on) => ({ name: unitName(on) })) } : {}),
      },
    );
    return { registration, surroundings: unit.ownNamespace === undefined ? [] : [unit.ownNamespace] };
  }
}
