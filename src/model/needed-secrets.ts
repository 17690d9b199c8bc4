/** A Secret that no object of the program brings: a person, or something in the cluster, has to. */
export interface NeededSecret {
  readonly namespace: string;
  readonly name: string;
  /** Keys that it has to have. Sorted. */
  readonly keys: readonly string[];
  /** What refers to it, as construct paths. Sorted. */
  readonly neededBy: readonly string[];
}

/** What a construct has to say of Secrets that it refers to. The namespace is that of its application if there is none. */
export interface SecretReferral {
  readonly namespace?: string;
  readonly name: string;
  readonly keys: readonly string[];
  /** Path of the construct. */
  readonly path: string;
}

const REFERRALS = Symbol.for('cdk8s-gitops.secret-referrals');
type Marked = { [REFERRALS]?: (() => readonly SecretReferral[])[] };

/** Remembers with an application that something in it refers to Secrets. It is asked once the tree is complete. */
export function referToSecrets(application: object, referrals: () => readonly SecretReferral[]): void {
  const marked = application as Marked;
  if (marked[REFERRALS]) marked[REFERRALS].push(referrals);
  else Object.defineProperty(application, REFERRALS, { value: [referrals] });
}

/** What constructs of an application refer to, from whichever copy of this package. */
export function secretReferralsOf(application: object): readonly SecretReferral[] {
  return ((application as Marked)[REFERRALS] ?? []).flatMap((referrals) => [...referrals()]);
}
