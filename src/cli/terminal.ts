import type { createColors } from 'picocolors';

export type Colors = ReturnType<typeof createColors>;

/** One of the two streams that people read. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
}

/** Where a command's output goes. */
export interface Terminal {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Where values are read from that must not be arguments. @default - nowhere */
  readonly stdin?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Whether to colour what is written to a stream: `--no-color`, then `NO_COLOR`, then `FORCE_COLOR` decide, else whether
 * it is a terminal.
 */
export function wantsColor(stream: Stream, env: NodeJS.ProcessEnv, isAllowed: boolean): boolean {
  if (!isAllowed || (env.NO_COLOR ?? '') !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Whether somebody watches: progress may then be drawn over. */
export function isInteractive(stream: Stream, env: NodeJS.ProcessEnv): boolean {
  const isCi = (env.CI ?? '') !== '' && env.CI !== 'false';
  return stream.isTTY === true && !isCi && env.TERM !== 'dumb';
}
