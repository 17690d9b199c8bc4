import type { Manifest } from '../model/manifest';
import { parseYaml } from '../yaml/parse';

/** Files that are not taken apart: no object is that long, and etcd takes none that is longer than a tenth of it. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The objects that a file holds: of a list, its items. What is no object of Kubernetes is left out.
 * @returns undefined when the file cannot be read
 */
export function objectsIn(content: string | Uint8Array): Manifest[] | undefined {
  if (content.length > MAX_BYTES) return undefined;
  try {
    const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
    return parseYaml(text).flatMap(itemsOf);
  } catch {
    return undefined;
  }
}

function itemsOf(value: unknown): Manifest[] {
  const found: Manifest[] = [];
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const { apiVersion, kind, metadata, items } = next as Record<string, unknown>;
    if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
      const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
      for (const item of items) if (typeof item === 'object' && item !== null) open.push({ ...own, ...item });
    } else if (typeof kind === 'string' && typeof metadata === 'object' && metadata !== null) {
      const { name, namespace } = metadata as Record<string, unknown>;
      if (typeof name !== 'string' || (namespace !== undefined && typeof namespace !== 'string')) continue;
      found.push({ ...next, apiVersion: typeof apiVersion === 'string' ? apiVersion : '' } as Manifest);
    }
  }
  return found;
}
