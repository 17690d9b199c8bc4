import type { Construct } from 'constructs';

/**
 * An id that the construct tree accepts. Whatever is wrong with a name is reported at synthesis, together with
 * everything else; the tree itself would throw at the first duplicate.
 */
export function nodeId(scope: Construct, name: string): string {
  const base = name || 'unnamed';
  let id = base;
  // The tree keeps children in a plain object, in which it finds a `constructor` where there is none.
  const taken = () => id in Object.prototype || scope.node.tryFindChild(id) !== undefined;
  for (let n = 2; taken(); n++) id = `${base}~${n}`;
  return id;
}
