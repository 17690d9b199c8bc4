/** The semantic diff as plain data: what `--json` prints, and what every rendering of it starts from. */

/**
 * - `add`: the field or list item is new; `after` holds it
 * - `remove`: it is gone; `before` holds it
 * - `change`: both are there and differ
 * - `order`: the list at `path` holds the same items in another order (beside what is added to or removed from it)
 */
export type FieldOp = 'add' | 'remove' | 'change' | 'order';

/** One difference between two versions of an object. */
export interface FieldChange {
  /**
   * Where it is: `spec.template.spec.containers[name=api].image`, `metadata.annotations["a.b/c"]`.
   *
   * List items are addressed by their merge key (`[name=api]`, `[port=80,protocol=TCP]`), items of a set by their value
   * (`[=get]`), others by position (`[2]`): in the list after, or of a removed item in the list before. Keys and values
   * that are not plain words are JSON strings. Empty when the value as a whole is meant.
   */
  readonly path: string;
  readonly op: FieldOp;
  /**
   * The value before; absent when added. A value that must stay secret is `<redacted>`.
   *
   * Of an `order` change: the items in the order before, as scalars, or as what would stand between the brackets.
   */
  readonly before?: unknown;
  /** The value after; absent when removed. Of an `order` change: the items in the order after. */
  readonly after?: unknown;
  /** Position of an item that was added to (or removed from) a list with merge keys: in the list after (before). */
  readonly index?: number;
}

/** The part of the environment repository that a file belongs to. */
export type DiffSection =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'unit'; readonly environment: string; readonly application: string }
  /** Files of nobody in particular, such as the README. */
  | { readonly kind: 'repository' };

/** What a diff says of an object's identity; as after the change, where there is an after. */
export interface DiffedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** `moved`: the same object, now in another file. */
export type ObjectChange = 'added' | 'removed' | 'changed' | 'moved';

/** What happens to one Kubernetes object, or to one file (or document in it) that is none. */
export interface ObjectDiff {
  /** Path in the environment repository; of a removed object, where it was. */
  readonly file: string;
  /** Where the object was, when it comes from another file. */
  readonly previousFile?: string;
  readonly section: DiffSection;
  /** Absent when it is not a Kubernetes object: text, or YAML without a name. */
  readonly object?: DiffedObject;
  readonly change: ObjectChange;
  /** Every difference. Of an added or removed object: each of its top-level fields. */
  readonly fields: readonly FieldChange[];
}

/** A file in two versions. A side without a content has no such file. */
export interface FilePair {
  /** Path in the environment repository. */
  readonly path: string;
  readonly before?: string | Uint8Array;
  readonly after?: string | Uint8Array;
}
