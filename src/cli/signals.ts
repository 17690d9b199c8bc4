import { EXIT } from './exit-codes';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code when a signal came. */
  exitCode(): number | undefined;
  /**
   * While the user's program runs in this process it may block it, so that no handler would ever be called: signals end
   * the process at once then. Nothing has been begun that would have to be cleaned up.
   */
  setBlocking(isBlocking: boolean): void;
  dispose(): void;
}

/** Turns the first SIGINT or SIGTERM into an abort. The second ends the process. */
export function interruption(): Interruption {
  const controller = new AbortController();
  let code: number | undefined;
  let isListening = false;
  const onSignal = (name: NodeJS.Signals): void => {
    code = CODES[name as keyof typeof CODES];
    stop();
    controller.abort();
  };
  const start = (): void => {
    if (isListening || code !== undefined) return;
    isListening = true;
    for (const name of Object.keys(CODES)) process.on(name, onSignal);
  };
  const stop = (): void => {
    isListening = false;
    for (const name of Object.keys(CODES)) process.off(name, onSignal);
  };
  start();
  return {
    signal: controller.signal,
    exitCode: () => code,
    setBlocking: (isBlocking) => (isBlocking ? stop() : start()),
    dispose: stop,
  };
}
