/** What a publish is doing. */
export type ProgressPhase = 'connect' | 'fetch' | 'plan' | 'write' | 'push' | 'retry' | 'done';

export interface ProgressEvent {
  readonly phase: ProgressPhase;
  /** One short line, for people. */
  readonly message: string;
  /** Number of the current attempt, from 1. */
  readonly attempt: number;
}
