import { GitOpsError, type Problem } from '../../errors';
import type { SectionRecord } from '../../model/record';
import { sectionFlag } from '../../model/section';
import type { DesiredSection } from '../desired';
import type { Acknowledgements } from './acknowledgements';
import { flag, shown } from './names';

/** A section that another source published last. */
export interface ForeignSection {
  readonly section: DesiredSection;
  /** The source that owns it. */
  readonly source: string;
}

export function foreignSections(
  desired: readonly DesiredSection[],
  records: ReadonlyMap<string, SectionRecord>,
): ForeignSection[] {
  return desired.flatMap((section) => {
    const source = records.get(section.recordPath)?.source.repository ?? section.source;
    return source === section.source ? [] : [{ section, source }];
  });
}

/**
 * Refuses to publish what belongs to another source, unless that is to be taken over from it.
 * @throws GitOpsError OWNED_BY_ANOTHER_SOURCE naming every section, its owner, and the flag that takes them over
 */
export function checkOwners(
  desired: readonly DesiredSection[],
  records: ReadonlyMap<string, SectionRecord>,
  acknowledged: Acknowledgements,
): void {
  const refused = foreignSections(desired, records).filter(
    ({ section }) => !acknowledged.use('takeOver', sectionFlag(section.owner)),
  );
  if (refused.length === 0) return;
  const problems: Problem[] = refused.map(({ section, source }) => ({
    where: section.name,
    message: `is published by ${shown(source)}, not by ${section.source}; rename it, or take it over`,
  }));
  const names = refused.map(({ section }) => sectionFlag(section.owner));
  const text = [
    'another source owns what is to be published:',
    ...problems.map(({ where, message }) => `  [${where}] ${message}`),
    `to take it over, run the command again with: ${flag('take-over', names)}`,
  ];
  throw new GitOpsError('OWNED_BY_ANOTHER_SOURCE', text.join('\n'), { problems });
}

/** What is taken over, as trailers: `Took-Over: dev/checkout from acme/old`. */
export function takeOverTrailers(
  desired: readonly DesiredSection[],
  records: ReadonlyMap<string, SectionRecord>,
  changed: ReadonlySet<string>,
): string[] {
  return foreignSections(desired, records)
    .filter(({ section }) => changed.has(section.name))
    .map(({ section, source }) => `Took-Over: ${sectionFlag(section.owner)} from ${shown(source)}`);
}
