import { type HistoryEntry, readHistory } from '../publish/history';
import { locate, type OpenOptions } from './environment-repository';
import { checkerOf, withLog } from './log';
import type { NarrowOptions } from './target';

export interface HistoryOptions extends OpenOptions, NarrowOptions {
  /** Entries that are wanted. @default 20 */
  readonly limit?: number;
  /** Older commits are left out. @default - none are */
  readonly since?: Date;
  /** File of allowed signers, as `ssh-keygen` reads it. @default - signatures are not checked */
  readonly allowedSigners?: string;
}

export interface HistoryResult {
  readonly repository: string;
  readonly branch?: string;
  /** The newest commit; null when there is none. */
  readonly commit: string | null;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Whether older commits were not looked at: the limit was reached, or the clone is shallow. */
  readonly more: boolean;
  /** Whether commits are missing from the clone. */
  readonly shallow: boolean;
}

/** Commits that are fetched at first: one of a few hundred bytes each. */
const DEPTH = { all: 50, narrowed: 500 };

/**
 * Who changed what in an environment repository, when, and from which commit of which source. A remote's commits are
 * fetched without files, in as many steps as it takes.
 * @throws GitOpsError when it cannot be read; where none is named, as `loadTree` does
 */
export async function history(options: HistoryOptions = {}): Promise<HistoryResult> {
  const { limit = 20, since, environments, applications, host } = options;
  const checker = checkerOf(options.allowedSigners, options);
  const place = await locate(options);
  const isNarrowed = environments !== undefined || applications !== undefined;
  const depth = Math.max(isNarrowed ? DEPTH.narrowed : DEPTH.all, limit + 10);
  return withLog(place, depth, options, async (log) => {
    host?.progress?.({ phase: 'read', message: 'reading commits' });
    const narrowing = { environments, applications, limit, since: since?.getTime() };
    const { entries, more } = await readHistory(log, narrowing, checker);
    host?.progress?.({ phase: 'done', message: 'read' });
    return {
      repository: place.kind === 'remote' ? place.url : place.location,
      ...(place.branch === undefined ? {} : { branch: place.branch }),
      commit: log.tip,
      entries,
      more,
      shallow: log.isShallow,
    };
  });
}
