import type { DesiredTree } from '../model/section';

/**
 * While a command of ours loads the user's program, `platform.synth()` hands its tree over here instead of writing it.
 * The hook hangs on a global symbol, for the program may come with its own copy of this package.
 */
export interface Capture {
  (tree: DesiredTree, platform: object): void;
  /** The tree is only looked at: what the gate refuses is among its issues. @default false */
  readonly reportsIssues?: boolean;
}

const CAPTURE = Symbol.for('cdk8s-gitops.capture');
type Global = { [CAPTURE]?: Capture };

export function activeCapture(): Capture | undefined {
  return (globalThis as Global)[CAPTURE];
}

/** Runs `load` while `capture` receives what is synthesized. */
export async function withCapture<T>(capture: Capture, load: () => Promise<T>): Promise<T> {
  const outer = (globalThis as Global)[CAPTURE];
  (globalThis as Global)[CAPTURE] = capture;
  try {
    return await load();
  } finally {
    (globalThis as Global)[CAPTURE] = outer;
  }
}
