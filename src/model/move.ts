/**
 * A declared move of objects from one unit to another on the same cluster, to be carried out so that the operator
 * neither deletes nor recreates them.
 */
export interface Move {
  /** The unit that holds the objects so far. */
  readonly from: { readonly environment: string; readonly application: string };
  /** Only objects of this kind. @default - every kind */
  readonly kind?: string;
  /** Only the object of this name. @default - every name */
  readonly name?: string;
  /** Minutes that the operator is given to apply the protection, before the objects leave the unit. */
  readonly settle: number;
  /** Annotations that keep the operator from deleting an object that leaves its unit. */
  readonly keep: Readonly<Record<string, string>>;
}

/** Minutes that an operator is given unless a move says otherwise: agents look for changes every few of them. */
export const DEFAULT_SETTLE = 10;
