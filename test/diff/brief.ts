import { diffValues } from '../../src/diff/fields';

/** Changes in short: operation, path, values. */
export function brief(before: unknown, after: unknown): unknown[] {
  return diffValues(before, after).map(({ op, path, before: old, after: now }) => {
    if (op === 'add') return ['+', path, now];
    if (op === 'remove') return ['-', path, old];
    return [op === 'order' ? 'order' : '~', path, old, now];
  });
}
