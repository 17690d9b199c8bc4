import { Construct } from 'constructs';
import { operate } from '../../constructs/cluster';
import type { Manifest } from '../../model/manifest';
import type { ClusterRegistration, Operator, UnitRegistration } from '../operator';
import { unitLabels, unitName } from '../operator';

export interface FluxProps {
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
}

const KUSTOMIZE_API = 'kustomize.toolkit.fluxcd.io/v1';
const SOURCE_API = 'source.toolkit.fluxcd.io/v1';

/** The GitRepository that every Kustomization reads from. */
const SOURCE_NAME = 'environments';

/** Flux: a unit is a `Kustomization`. */
export class Flux extends Construct implements Operator {
  readonly kind = 'flux';
  readonly protection = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
  readonly keep = this.protection;
  private readonly namespace: string;
  private readonly interval: string;

  constructor(cluster: Construct, id = 'flux', props: FluxProps = {}) {
    super(cluster, id);
    this.namespace = props.namespace ?? 'flux-system';
    this.interval = props.interval ?? '1m';
    operate(cluster, this);
  }

  bootstrap({ platform, repository, path }: ClusterRegistration): Manifest[] {
    return [
      {
        apiVersion: SOURCE_API,
        kind: 'GitRepository',
        metadata: { name: SOURCE_NAME, namespace: this.namespace },
        spec: { interval: this.interval, url: gitUrl(repository.url), ref: { branch: repository.branch } },
      },
      // It does not wait: a unit that is not healthy must not hold up the registration of others.
      this.kustomization(`root.${platform}`, path, { wait: false }),
    ];
  }

  registerEnvironment(): Manifest[] {
    return [];
  }

  registerUnit(unit: UnitRegistration): Manifest {
    return this.kustomization(
      unitName(unit),
      unit.path,
      {
        wait: true,
        // It would override the namespace of objects that have one, so it is set only when none has.
        ...(unit.defaultsNamespace ? { targetNamespace: unit.namespace } : {}),
        ...(unit.dependsOn.length > 0 ? { dependsOn: unit.dependsOn.map((on) => ({ name: unitName(on) })) } : {}),
      },
      unitLabels(unit),
    );
  }

  private kustomization(name: string, path: string, own: object, labels?: Record<string, string>): Manifest {
    return {
      apiVersion: KUSTOMIZE_API,
      kind: 'Kustomization',
      metadata: { name, namespace: this.namespace, ...(labels ? { labels } : {}) },
      spec: {
        interval: '10m',
        retryInterval: '1m',
        timeout: '5m',
        path: `./${path}`,
        prune: true,
        sourceRef: { kind: 'GitRepository', name: SOURCE_NAME },
        ...own,
      },
    };
  }
}

/** Flux takes `ssh://git@host/path`, not the short `git@host:path`. */
function gitUrl(url: string): string {
  const short = /^([^/@:]+@[^/:]+):(?!\/\/)(.+)$/.exec(url);
  return short ? `ssh://${short[1]}/${short[2]}` : url;
}
