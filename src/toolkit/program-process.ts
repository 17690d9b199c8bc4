import { hideSecrets } from './program-secrets';

/** What of this process belongs to the user's program while that is loaded into it. */

/** The program ended itself. */
export class ProgramExit extends Error {
  constructor(readonly code: number) {
    super(`the program ended itself with exit code ${code}`);
    this.name = 'ProgramExit';
  }
}

export interface SandboxOptions {
  readonly file: string;
  readonly cwd: string;
  readonly output: (chunk: string | Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** Waits until the program has nothing left to do, or has done what is wanted of it. */
export type Settled = (isDone: () => boolean) => Promise<void>;

/** How long a program whose module has been loaded may go on before it gives its platform. */
const PATIENCE = 120_000;
/** How long it is waited for in any case: what else goes on in the process may hide that it is busy. */
const GRACE = 250;

/**
 * Runs `load` as if the process were the program's own: what it prints to standard output is handed on, its arguments
 * are its own, and ending the process, or failing where nobody catches it, ends just the program.
 *
 * `load` is given a function that waits until the program has nothing left to do, for one that does not await what it
 * starts is no less a program.
 */
export async function sandboxed<T>(options: SandboxOptions, load: (settled: Settled) => Promise<T>): Promise<T> {
  const { file, cwd, output, signal } = options;
  const saved = {
    argv: process.argv,
    cwd: process.cwd(),
    exit: process.exit,
    exitCode: process.exitCode,
    write: process.stdout.write,
  };
  let interrupt: (reason: unknown) => void = () => {};
  const interrupted = new Promise<never>((_, fail) => {
    interrupt = fail;
  });
  let isOver = false;
  interrupted.catch(() => {
    isOver = true;
  });
  const onAbort = (): void => interrupt(signal?.reason);
  const onIdle = (): void => interrupt(new Error('it awaits something that never happens'));
  const before = busy();

  const showSecrets = hideSecrets();
  process.argv = [saved.argv[0] ?? 'node', file];
  if (cwd !== saved.cwd) process.chdir(cwd);
  process.exitCode = undefined;
  process.exit = (code?: number | string | null): never => {
    const exit = new ProgramExit(Number(code ?? process.exitCode ?? 0));
    interrupt(exit);
    throw exit;
  };
  process.stdout.write = redirected(output) as typeof process.stdout.write;
  process.on('unhandledRejection', interrupt);
  process.on('uncaughtException', interrupt);
  process.on('beforeExit', onIdle);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const loaded = load((isDone) => settle(before, () => isDone() || isOver));
    loaded.catch(() => {});
    const result = await Promise.race([loaded, interrupted]);
    const code = Number(process.exitCode ?? 0);
    if (code !== 0) throw new ProgramExit(code);
    return result;
  } finally {
    // Rejections surface a turn later; those of the program must not end the process.
    await nextTurn();
    signal?.removeEventListener('abort', onAbort);
    process.off('unhandledRejection', interrupt);
    process.off('uncaughtException', interrupt);
    process.off('beforeExit', onIdle);
    process.stdout.write = saved.write;
    process.exit = saved.exit;
    process.exitCode = saved.exitCode;
    if (cwd !== saved.cwd) process.chdir(saved.cwd);
    process.argv = saved.argv;
    showSecrets();
  }
}

function redirected(output: (chunk: string | Uint8Array) => void) {
  return (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    output(chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
}

/** Lets rejections surface, and a program that is still at it come to its end. */
async function settle(before: ReadonlyMap<string, number>, isDone: () => boolean): Promise<void> {
  await nextTurn();
  const started = performance.now();
  const waited = () => performance.now() - started;
  while (!isDone() && (waited() < GRACE || (isBusier(busy(), before) && waited() < PATIENCE))) {
    await new Promise((done) => setTimeout(done, 5));
  }
}

function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

/** What keeps the process alive: how many of each kind. */
function busy(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function isBusier(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  return [...now].some(([kind, count]) => count > (before.get(kind) ?? 0));
}
