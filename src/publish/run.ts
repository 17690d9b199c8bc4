import type { DesiredTree } from '../model/section';
import type { DesiredSection, Stamp } from './desired';
import type { Identity } from './message';
import type { PublishOptions } from './options';
import type { ProgressPhase } from './progress';

/** One run of publish: what was asked for, checked and made ready. */
export interface Run {
  readonly tree: DesiredTree;
  readonly sections: readonly DesiredSection[];
  readonly stamp: Stamp;
  readonly identity: Identity;
  readonly options: PublishOptions;
  report(phase: ProgressPhase, message: string, attempt?: number): void;
}
