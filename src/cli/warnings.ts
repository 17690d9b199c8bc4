import type { RuleCount } from '../toolkit/issues';
import type { Context } from './context';

/** Tells on standard error what the gate warns of. */
export async function warn(counts: readonly RuleCount[], { options }: Context): Promise<void> {
  if (counts.length === 0) return;
  const { warningLines } = await import('../toolkit/issues.js');
  for (const line of warningLines(counts)) options.host?.warn?.(line);
}
