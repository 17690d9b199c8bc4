import type { PodSecurity } from '../model/pod-security';
import type { GateObject, Issue } from './issue';

/** Limits of what the check of one object may cost. */
export interface Budget {
  /**
   * Steps for one object; a step is about one character looked at.
   *
   * @default - a fixed share, and several steps for each character the object holds
   */
  readonly steps?: number;
}

/** Objects that are applied together: those of a unit, or of a folder. */
export interface GateGroup {
  readonly objects: readonly GateObject[];
  /** Namespace of objects that name none. @default - not known */
  readonly namespace?: string;
  /** The namespace is theirs alone: what they refer to in it and do not hold is not there. @default false */
  readonly ownsNamespace?: boolean;
  /** Level of the Pod Security Standards that the place demands. @default - none is checked */
  readonly podSecurity?: PodSecurity;
}

/** Rules that look for one kind of thing; their names start with the family's. */
export interface RuleFamily {
  /** First part of its rules' names, such as `secret`. */
  readonly name: string;
  /**
   * All that verdicts depend on beside the object itself, such as the version of Kubernetes. Objects that were found
   * clean under an equal key are not checked again.
   *
   * @default - nothing is remembered
   */
  readonly key?: string;
  /** Sees all objects of a run ahead of everything else: definitions among them, say. */
  prepare?(objects: readonly GateObject[]): void;
  /** Checks objects one by one. */
  check?(object: GateObject, budget: Budget): readonly Issue[];
  /** Checks what only shows among objects that belong together. */
  checkGroup?(group: GateGroup): readonly Issue[];
}
