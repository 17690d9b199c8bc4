import type { FilePair } from '../../diff/types';
import { recordOf } from '../../model/section';
import type { Repository } from '../repository';
import type { Wanted } from './content';

/** Both versions of every file that a proposal changes, records left out: they follow from the rest. */
export async function filePairsOf(
  repository: Pick<Repository, 'readBlobs'>,
  { planned, kept }: Pick<Wanted, 'planned' | 'kept'>,
): Promise<FilePair[]> {
  const declared = new Map(planned.scope.desired.map((section) => [section.recordPath, section]));
  const isKept = new Set(kept.sections.map(({ name }) => name));
  const changes = planned.plan.sections.flatMap(({ owner, name, files }) => {
    const record = recordOf(owner);
    const section = isKept.has(name) ? undefined : declared.get(record);
    return files.filter(({ path }) => path !== record).map((file) => ({ ...file, section }));
  });
  const needed = new Set<string>();
  for (const { before, after, section } of changes) {
    if (before !== undefined) needed.add(before);
    if (after !== undefined && section === undefined) needed.add(after);
  }
  const blobs = await repository.readBlobs(needed);
  return changes.map(({ path, before, after, section }) => {
    const now = after === undefined ? undefined : (section?.content(path) ?? blobs.get(after));
    return {
      path,
      ...(before === undefined ? {} : { before: blobs.get(before) }),
      ...(now === undefined ? {} : { after: now }),
    };
  });
}
