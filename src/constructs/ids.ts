import type { Construct } from 'constructs';

/**
 * An id that the construct tree accepts. Whatever is wrong with a name is reported at synthesis, together with
 * everything else; the tree itself would throw at the first duplicate.
 */
export function nodeId(scope: Construct, name: string): string {
  const base = name || 'unnamed';
  let id = base;
  for (let n = 2; scope.node.tryFindChild(id) !== undefined; n++) id = `${base}~${n}`;
  return id;
}
