import type { Manifest } from '../../model/manifest';
import { emitYaml } from '../../yaml/emit';
import { orderManifest } from '../../yaml/order';

type Annotations = Readonly<Record<string, string>>;

/** Says since when an object is protected. It goes with the protection, when the object has moved. */
const SINCE = 'cdk8s-gitops/moving-since';

/** Whether an object carries the annotations, and its operator has had the time to see them. */
export type Protection = 'none' | 'fresh' | 'settled';

/**
 * @param keep annotations of the operator's
 * @param settle minutes
 * @param now milliseconds
 */
export function protectionOf(manifest: Manifest, keep: Annotations, settle: number, now: number): Protection {
  const annotations = annotationsOf(manifest);
  if (Object.entries(keep).some(([name, value]) => merged(annotations[name], value) !== annotations[name])) {
    return 'none';
  }
  const since = annotations[SINCE];
  // Somebody protected it long before there was a move, or merged the pull request that does.
  if (since === undefined) return 'settled';
  const started = Date.parse(since);
  if (Number.isNaN(started)) return 'none';
  return now - started >= settle * 60_000 ? 'settled' : 'fresh';
}

/**
 * The object's file with the annotations added to whatever else it says.
 * @param now milliseconds; undefined when nobody knows when it will be published
 */
export function protect(manifest: Manifest, keep: Annotations, now: number | undefined): string {
  const annotations: Record<string, string> = { ...annotationsOf(manifest) };
  for (const [name, value] of Object.entries(keep)) annotations[name] = merged(annotations[name], value);
  if (now !== undefined) annotations[SINCE] = new Date(now).toISOString();
  return emitYaml(orderManifest({ ...manifest, metadata: { ...manifest.metadata, annotations } }));
}

function annotationsOf({ metadata }: Manifest): Annotations {
  const { annotations } = metadata;
  if (typeof annotations !== 'object' || annotations === null) return {};
  return Object.fromEntries(Object.entries(annotations).filter(([, value]) => typeof value === 'string'));
}

/** A list of options (`Prune=false,Delete=false`) replaces those of the same name; anything else is replaced whole. */
function merged(old: string | undefined, value: string): string {
  if (old === undefined || !value.includes('=')) return value;
  const optionOf = (item: string) => item.slice(0, Math.max(0, item.indexOf('=')));
  const items = value.split(',');
  const names = new Set(items.map(optionOf));
  const present = old.split(',').map((item) => item.trim());
  // As it is when it says so already, in whatever order.
  const others = present.filter((item) => item !== '' && !names.has(optionOf(item)));
  const same = present.filter((item) => names.has(optionOf(item)));
  if (same.length === items.length && items.every((item) => same.includes(item))) return old;
  return [...others, ...items].join(',');
}
