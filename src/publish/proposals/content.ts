import { hash } from 'node:crypto';
import { type SectionRecord, sameRelease, serializeRecord } from '../../model/record';
import { collectEdits } from '../commit';
import type { Proposal } from '../delivery';
import { isFileRoot } from '../desired';
import { type Edit, graft } from '../graft';
import type { RemoteRepository } from '../remote-repository';
import { readRecord } from '../repository';
import type { OurHead } from './heads';
import type { Kept } from './kept';

/** A proposal with all that it is to change. */
export interface Wanted extends Proposal {
  readonly kept: Kept;
  /** What its paths are to hold. */
  readonly edits: ReadonlyMap<string, Edit>;
  /** Checksum of that, whatever commit of the source it comes from. */
  readonly digest: string;
}

export async function wantedOf(repository: RemoteRepository, proposal: Proposal, kept: Kept): Promise<Wanted> {
  const { plan } = proposal.planned;
  const sections = [...plan.sections, ...kept.sections].sort((a, b) => (a.name < b.name ? -1 : 1));
  const planned = { ...proposal.planned, plan: { ...plan, sections } };
  const { edits } = collectEdits(planned, repository.snapshot);
  for (const [path, edit] of kept.edits) edits.set(path, edit);
  return { ...proposal, planned, kept, edits, digest: await digestOf(repository, proposal, edits) };
}

/**
 * Whether the commit of an open proposal does just what is wanted, and would do it to the base as it is now: then there
 * is no reason to push, which would dismiss approvals.
 */
export async function isProposed(repository: RemoteRepository, head: OurHead, wanted: Wanted): Promise<boolean> {
  const base = repository.snapshot;
  const parent = repository.snapshotOf(head.parent.tree);
  const proposed = repository.snapshotOf(head.commit.tree);
  const paths = [...wanted.edits.keys()];
  await Promise.all([base.reach(paths), parent.reach(paths), proposed.reach(paths)]);
  if (paths.some((path) => base.at(path)?.id !== parent.at(path)?.id)) return false;

  // Records name the commit that they come from, which is no reason by itself.
  const edits = new Map(wanted.edits);
  const records = wanted.planned.scope.desired.filter(({ recordPath }) => wanted.edits.get(recordPath));
  const blobs = new Map<string, string>();
  for (const { recordPath } of records) {
    const node = proposed.at(recordPath);
    if (node?.mode.startsWith('100')) blobs.set(node.id, recordPath);
  }
  await proposed.store.load({ blobs, unasked: true });
  for (const { recordPath, record } of records) {
    const node = proposed.at(recordPath);
    if (node === undefined || !blobs.has(node.id)) return false;
    const published = readRecord(recordPath, proposed.store.blob(node.id)).record;
    if (published === undefined || !sameRelease(record, published)) return false;
    edits.set(recordPath, node);
  }
  return graft(parent, edits).root === head.commit.tree;
}

async function digestOf(
  repository: RemoteRepository,
  { planned }: Proposal,
  edits: ReadonlyMap<string, Edit>,
): Promise<string> {
  const declared = new Map(planned.scope.desired.map(({ recordPath, record }) => [recordPath, record]));
  const { snapshot } = repository;
  const { store } = snapshot;
  await snapshot.reach(edits.keys());
  const differing = [...edits].filter(([path, edit]) => snapshot.at(path)?.id !== edit?.id);
  const unread = new Map<string, string>();
  for (const [path, edit] of differing)
    if (edit !== null && isRecord(path) && !declared.has(path)) unread.set(edit.id, path);
  await store.load({ blobs: unread, unasked: true });
  const lines = differing
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, edit]) => {
      if (edit === null) return `- ${path}`;
      const record = declared.get(path) ?? (isRecord(path) ? readRecord(path, store.blob(edit.id)).record : undefined);
      return `${record === undefined ? `${edit.mode} ${edit.id}` : withoutStamp(record)} ${path}`;
    });
  return hash('sha1', lines.join('\n'), 'hex');
}

/** Records lie outside of what agents read: right below these folders, or in a folder of `releases`. */
function isRecord(path: string): boolean {
  return isFileRoot(path) && /^(?:(?:clusters|environments)\/[^/]+|releases\/[^/]+\/[^/]+)$/.test(path);
}

function withoutStamp({ generator: _, ...record }: SectionRecord): string {
  return serializeRecord({ ...record, source: { repository: record.source.repository } } as SectionRecord);
}
