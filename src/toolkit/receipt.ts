import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseRecord } from '../model/record';
import type { DesiredTree } from '../model/section';
import { sectionName } from '../model/section';
import type { VerbOptions } from './host';
import type { PublishedUnit, PublishResult } from './publish';
import type { SectionSummary } from './target';

/** What a section holds now, or what its pull request proposes. */
export interface ReceivedContent {
  /**
   * Git ids by the paths of the section's roots: `git rev-parse <commit>:<path>` gives the same.
   *
   * @default - the section was removed, or gave way to a later commit
   */
  readonly content?: Readonly<Record<string, string>>;
}

export interface ReceivedUnit extends PublishedUnit, ReceivedContent {
  readonly images?: readonly string[];
}

/** What one run of publish did, for whoever comes after it in the pipeline, and for the archive. */
export interface Receipt extends Omit<PublishResult, 'units' | 'shared' | 'plan'> {
  readonly apiVersion: 'cdk8s-gitops/v1';
  readonly kind: 'Receipt';
  readonly units: readonly ReceivedUnit[];
  readonly shared: readonly (SectionSummary & ReceivedContent)[];
}

/** The receipt of a result, with what the tree says of what was published. */
export function receiptOf(result: PublishResult, tree: DesiredTree): Receipt {
  const { plan: _, units, shared, ...rest } = result;
  const records = new Map(
    tree.sections.map(({ owner, files, record }) => {
      const text = files.get(record) ?? '';
      return [sectionName(owner), parseRecord(Buffer.from(text as string).toString('utf8'), record)];
    }),
  );
  return {
    apiVersion: 'cdk8s-gitops/v1',
    kind: 'Receipt',
    ...rest,
    units: units.map((unit) => {
      const record = records.get(`${unit.environment}/${unit.application}`);
      if (record?.kind !== 'Release' || unit.change === 'removed' || unit.change === 'superseded') return unit;
      return { ...unit, content: record.content, images: record.images };
    }),
    shared: shared.map((section) => {
      const record = records.get(section.name);
      return record === undefined || section.change === 'removed' ? section : { ...section, content: record.content };
    }),
  };
}

/**
 * Writes a receipt: all of it, or nothing. What was published stays published when that fails, which is told as a warning.
 * @returns whether it was written
 */
export function writeReceipt(receipt: Receipt, file: string, { cwd = process.cwd(), host }: VerbOptions): boolean {
  const path = resolve(cwd, file);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(temporary, `${JSON.stringify(receipt, null, 2)}\n`, { flag: 'wx' });
    renameSync(temporary, path);
    return true;
  } catch (error) {
    rmSync(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    host?.warn?.(`the receipt ${file} was not written, though everything else is done: ${why}`);
    return false;
  }
}
