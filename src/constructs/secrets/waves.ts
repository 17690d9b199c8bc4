import { ApiObject, Lazy } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { SecretHandle } from './handle';
import { placeOf } from './place';
import type { Needed } from './references';

/**
 * The order that Argo CD applies objects of one unit in. Flux knows the annotation for nothing and carries it along, so
 * that manifests are the same under either.
 */
export const WAVE = 'argocd.argoproj.io/sync-wave';

/** Wave of stores: ahead of what is read from them. */
export const STORE_WAVE = -10;

/** The wave in an object's annotations; 0 where there is none. */
export function waveOf(object: ApiObject): number {
  const wave = Number(object.metadata.toJson()?.annotations?.[WAVE] ?? 0);
  return Number.isNaN(wave) ? 0 : wave;
}

/**
 * The wave of a store, once the unit is complete. Argo CD waits until all of a wave is healthy: a store that needs a
 * service account, say, of a later one would never be. Then it goes without a wave, and Argo CD's own order of kinds
 * does: accounts and ConfigMaps come ahead of custom resources.
 */
export function lazyStoreWave(store: IConstruct, needs: readonly Needed[]): string {
  return Lazy.any({ produce: () => (storeWave(store, needs) === 0 ? undefined : String(STORE_WAVE)) });
}

/** The same as a number. */
export function storeWave(store: IConstruct, needs: readonly Needed[]): number {
  const unit = placeOf(store)?.unit;
  if (!unit || needs.length === 0) return STORE_WAVE;
  const needed = new Set(needs.map(({ kind, name }) => `${kind}/${name}`));
  for (const construct of unit.node.findAll()) {
    const object = objectBehind(construct, needed);
    if (object && waveOf(object) > STORE_WAVE) return 0;
  }
  return STORE_WAVE;
}

/** The object that is, or brings, one of those that are needed. */
function objectBehind(construct: IConstruct, needed: ReadonlySet<string>): ApiObject | undefined {
  if (SecretHandle.isSecretHandle(construct)) {
    return needed.has(`Secret/${construct.name}`) ? construct.node.children.find(ApiObject.isApiObject) : undefined;
  }
  return ApiObject.isApiObject(construct) && needed.has(`${construct.kind}/${construct.name}`) ? construct : undefined;
}
