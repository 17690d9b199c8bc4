import { expect, type TestContext } from 'vitest';

/** A span of time within a test that has a line of its own in the table at the end of a run. */
export interface Measured {
  readonly what: string;
  readonly seconds: number;
  /** It must not take longer. @default - it takes as long as it takes */
  readonly limit?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    measured?: Measured[];
  }
}

/** Notes how long something took, and fails where that is too long. */
export async function measure<T>(
  { task }: Pick<TestContext, 'task'>,
  what: string,
  work: () => Promise<T>,
  limit?: number,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  task.meta.measured = [...(task.meta.measured ?? []), { what, seconds, limit }];
  // What follows builds on it, however long it took.
  if (limit !== undefined) expect.soft(seconds, `seconds ${what}`).toBeLessThanOrEqual(limit);
  return result;
}

/** Notes a number that is no time, for the table. */
export function note({ task }: Pick<TestContext, 'task'>, what: string): void {
  task.meta.measured = [...(task.meta.measured ?? []), { what, seconds: Number.NaN }];
}
