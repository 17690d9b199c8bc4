import type { Manifest } from '../model/manifest';
import { Fingerprints, isMap, type JsonMap, keysOf } from './fingerprint';
import { diffKeyedList, diffPlainList } from './lists';
import { keyLabels, setLabels } from './merge-keys';
import { itemPath, memberPath } from './path';
import { memberPrivacy, type Privacy, redact } from './redact';
import type { FieldChange } from './types';

/** Values nested deeper than this are compared as one. */
const MAX_DEPTH = 200;

/** Where in the object a comparison is. */
interface Place {
  readonly path: string;
  /** The field it belongs to, and the field around that: what lists are known by. */
  readonly field: string;
  readonly parent: string;
  readonly privacy: Privacy;
  readonly depth: number;
}

const ROOT: Place = { path: '', field: '', parent: '', privacy: 'open', depth: 0 };

/**
 * What changes from one version of an object to the other, field by field.
 *
 * - An object that is missing on one side is compared with an empty one.
 * - `null` is a value: a field that holds it is not a field that is missing. A text is not a number.
 * - Items of a list are found again by their merge key. Their new order is one `order` change, because it makes a
 *   Deployment roll even where it means nothing else; in sets (finalizers, verbs, access modes) it is no change.
 * - Values of Secrets are replaced by `<redacted>`.
 *
 * Maps are walked in the order of their sorted keys, lists in the order before, followed by what is new.
 */
export function diffManifests(before: Manifest | undefined, after: Manifest | undefined): FieldChange[] {
  return diffValues(before, after);
}

/** As {@link diffManifests}, of any two JSON values. Lists and scalars that are missing on one side have an empty path. */
export function diffValues(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  const prints = new Fingerprints();
  if (before !== undefined && after !== undefined) compare(ROOT, before, after);
  else if (isMap(before ?? after)) compare(ROOT, before ?? {}, after ?? {});
  else if (after !== undefined) changes.push({ path: '', op: 'add', after: redact(after, 'open') });
  else if (before !== undefined) changes.push({ path: '', op: 'remove', before: redact(before, 'open') });
  return changes;

  function compare(place: Place, b: unknown, a: unknown): void {
    const walked = place.depth < MAX_DEPTH && place.privacy !== 'value';
    if (walked && isMap(b) && isMap(a)) compareMaps(place, b, a);
    else if (walked && place.privacy !== 'values' && Array.isArray(b) && Array.isArray(a)) compareLists(place, b, a);
    else if (!prints.same(b, a)) {
      const { path, privacy } = place;
      changes.push({ path, op: 'change', before: redact(b, privacy), after: redact(a, privacy) });
    }
  }

  function compareMaps(place: Place, b: JsonMap, a: JsonMap): void {
    const keys = new Set([...keysOf(b), ...keysOf(a)]);
    for (const key of [...keys].sort()) {
      const inBefore = Object.hasOwn(b, key) && b[key] !== undefined;
      const inAfter = Object.hasOwn(a, key) && a[key] !== undefined;
      const member: Place = {
        path: memberPath(place.path, key),
        field: key,
        parent: place.field,
        privacy: memberPrivacy(place.privacy, key, [b, a]),
        depth: place.depth + 1,
      };
      if (inBefore && inAfter) compare(member, b[key], a[key]);
      else if (inAfter) changes.push({ path: member.path, op: 'add', after: redact(a[key], member.privacy) });
      else changes.push({ path: member.path, op: 'remove', before: redact(b[key], member.privacy) });
    }
  }

  function compareLists(place: Place, b: readonly unknown[], a: readonly unknown[]): void {
    const { path, privacy } = place;
    const sink = {
      compare: (item: string | number, old: unknown, now: unknown) =>
        // The item keeps the list's field: lists right within it are of the same kind.
        compare({ ...place, path: itemPath(path, item), depth: place.depth + 1 }, old, now),
      change: ({ path: item, ...change }: FieldChange) => {
        const values = {
          ...('before' in change ? { before: redact(change.before, privacy) } : {}),
          ...('after' in change ? { after: redact(change.after, privacy) } : {}),
        };
        changes.push({ path: `${path}${item}`, ...change, ...values });
      },
    };
    const set = setLabels(place.field, place.parent, b, a);
    const labels = set ?? keyLabels(place.field, b, a);
    if (labels) diffKeyedList(b, a, labels, sink, { ordered: !set });
    else diffPlainList(b, a, prints, sink);
  }
}
