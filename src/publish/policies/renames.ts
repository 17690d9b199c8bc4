import type { Manifest } from '../../model/manifest';
import { sectionFlag } from '../../model/section';
import type { ObjectChanges, PlacedObject } from './changes';
import { capped, shown } from './names';

/** Warnings that a result holds at most. */
const LISTED = 20;

/**
 * Moves and renames that nobody declared. An operator knows neither: it deletes an object, and creates another one.
 * @param isDeclared whether a move was declared by `moved()`, which warns by itself
 */
export function renameWarnings(
  { moved, deleted, added }: ObjectChanges,
  isDeclared: (object: PlacedObject, to: PlacedObject) => boolean,
): string[] {
  const warnings = moved
    .filter(({ object, to }) => !isDeclared(object, to))
    .map(({ object, to }) => {
      const target = `${titleOf(object)} moves from ${sectionFlag(object.owner)} to ${sectionFlag(to.owner)}`;
      const isBetweenUnits = object.owner.kind === 'unit' && to.owner.kind === 'unit';
      return isBetweenUnits
        ? `${target}: the operator may delete it and create it anew; declare moved() to keep it`
        : target;
    });
  const byContent = new Map<string, PlacedObject[]>();
  for (const object of added) {
    const print = fingerprint(object);
    if (print !== undefined) byContent.set(print, [...(byContent.get(print) ?? []), object]);
  }
  for (const object of deleted) {
    const print = fingerprint(object);
    const twin = print === undefined ? undefined : byContent.get(print)?.shift();
    if (twin === undefined) continue;
    warnings.push(
      `${titleOf(object)} of ${sectionFlag(object.owner)} looks renamed to ${titleOf(twin)}: it will be deleted and created anew; keep its name in \`metadata.name\` if it is to stay`,
    );
  }
  return capped(warnings, (count) => `and ${count} more objects move or look renamed`, LISTED);
}

function titleOf({ kind, name }: PlacedObject): string {
  return `${shown(kind)}/${shown(name)}`;
}

/** All of an object but its name and labels, and the labels by which it selects what is its own. */
function fingerprint({ owner, manifest }: PlacedObject): string | undefined {
  if (manifest === undefined) return undefined;
  const { metadata, spec, ...rest } = manifest as Manifest & { readonly spec?: unknown };
  const { name: _, labels: __, ...others } = metadata;
  return JSON.stringify([sectionFlag(owner), sorted({ ...rest, metadata: others, spec: withoutLabels(spec) })]);
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutLabels(spec: unknown): unknown {
  if (!isFields(spec)) return spec;
  const { selector: _, template, ...rest } = spec;
  if (!isFields(template) || !isFields(template.metadata)) return { ...rest, template };
  const { labels: __, name: ___, ...metadata } = template.metadata;
  return { ...rest, template: { ...template, metadata } };
}

/** With keys in order, so that equal values are equal texts. Manifests are read by a reader that bounds their depth. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
