import type { Severity } from './issue';
import type { Manifest } from './manifest';

/** Leave to have one kind of issue in some place, until a day. */
export interface Waiver {
  /** The rule as issues name it, such as `secret/named-literal`; or a family's rules, such as `secret/pattern/*`. */
  readonly rule: string;
  /** Construct path, what lies under it included; or a file, in which `*` stands for a name and `**` for any folders. */
  readonly path: string;
  /** Why it is right all the same. */
  readonly reason: string;
  /** Last day on which it holds, such as `2027-03-31`. */
  readonly expires: string;
}

/** What a policy finds in an object: a sentence, or one with the field that it is about. */
export type PolicyFinding = string | { readonly field?: string; readonly message: string; readonly remedy?: string };

/** What a policy is told beside the object. */
export interface PolicyContext {
  readonly environment: string;
  readonly application: string;
  readonly cluster: string;
  /** Group of environments that the environment belongs to. @default - none */
  readonly stage?: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Every object of the unit, the one that is checked included. */
  readonly objects: readonly Manifest[];
}

/** A rule of the user's own: a function over objects. */
export interface Policy {
  /** Lowercase letters, digits and `-`. Issues name the rule `policy/<name>`. */
  readonly name: string;
  /** @default error */
  readonly severity?: Severity;
  /** What to do about what it finds. */
  readonly remedy: string;
  /**
   * Looks at one object as it will be applied, and must not change it. What it returns goes into reports: let it hold
   * nothing secret.
   * @returns nothing when all is well, else what is wrong
   */
  readonly check: (
    object: Manifest,
    context: PolicyContext,
  ) => PolicyFinding | readonly PolicyFinding[] | undefined | null | false;
}

/** What a program says of the gate. */
export interface GateDeclaration {
  readonly waivers: Waiver[];
  /** With the construct path whose objects each is for; empty for all. */
  readonly policies: { readonly policy: Policy; readonly path: string }[];
  /** Files of CustomResourceDefinitions, with the construct path that named each. */
  readonly definitions: { readonly file: string; readonly path: string }[];
}
