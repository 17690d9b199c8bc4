import type { RecordSource } from '../../model/record';
import type { Change } from '../plan';
import type { CommitSignature, SignatureChecker } from '../signing/check';
import { type LoggedCommit, shown } from './commit';
import type { CommitLog } from './log';
import { type Claims, pullRequestOf, readClaims, type Trailer } from './message';
import { type Touched, touchedBy } from './paths';

type Changed = Exclude<Change, 'unchanged'>;

/** What a commit of the branch changed. All texts come from the commit, and are made safe to show. */
export interface HistoryEntry {
  readonly commit: string;
  /** When it came to the branch, as the commit says: ISO 8601, in UTC. */
  readonly time: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly subject: string;
  /** Where the changes were published from. Several, when a pull request of several was merged; none of those by hand. */
  readonly sources: readonly RecordSource[];
  readonly generator?: string;
  readonly units: readonly HistoryUnit[];
  /** Clusters, environments and folders. */
  readonly others: readonly { readonly name: string; readonly change: Changed }[];
  /** Files that no section owns: at most 20. They are looked for where trailers do not tell all. */
  readonly files: readonly string[];
  /** What else the trailers say: what was acknowledged, and whatever a later version adds. */
  readonly trailers: readonly Trailer[];
  /** Whether somebody changed something without publishing it. */
  readonly byHand: boolean;
  /** Number of the merged pull request. */
  readonly pullRequest?: number;
  /** Commits that a merge brought in. */
  readonly merged: readonly string[];
  readonly signature: CommitSignature;
  /** Whether the commit before it is missing from a shallow clone, so that not all that changed is known. */
  readonly isPartial?: boolean;
}

export interface HistoryUnit {
  readonly environment: string;
  readonly application: string;
  readonly change: Changed;
}

export interface HistoryOptions {
  readonly environments?: readonly string[];
  readonly applications?: readonly string[];
  readonly limit: number;
  /** Milliseconds; older commits are left out. */
  readonly since?: number;
}

export interface History {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** Whether there are older commits that were not looked at: the limit was reached, or the clone is shallow. */
  readonly more: boolean;
}

/** Walks the branch from its tip, one entry for each commit or merge, until there are enough of them. */
export async function readHistory(
  log: CommitLog,
  options: HistoryOptions,
  checker: SignatureChecker,
): Promise<History> {
  const { limit, since = Number.NEGATIVE_INFINITY } = options;
  const entries: HistoryEntry[] = [];
  for (let at: string | undefined = log.tip ?? undefined; at !== undefined; ) {
    const commit = await readDeep(log, at);
    if (commit === undefined) return { entries, more: true };
    if (commit.time < since) break;
    if (entries.length >= limit) return { entries, more: true };
    const entry = await new EntryReader(log, checker, options).read(commit);
    if (entry !== undefined) entries.push(entry);
    [at] = commit.parents;
  }
  return { entries, more: false };
}

async function readDeep(log: CommitLog, id: string): Promise<LoggedCommit | undefined> {
  for (;;) {
    const commit = await log.read(id);
    if (commit !== undefined || !(await log.deepen())) return commit;
  }
}

const MAX_FILES = 20;

class EntryReader {
  constructor(
    private readonly log: CommitLog,
    private readonly checker: SignatureChecker,
    private readonly filter: HistoryOptions,
  ) {}

  /** The entry of a commit; undefined when it does not concern what is asked for. */
  async read(commit: LoggedCommit): Promise<HistoryEntry | undefined> {
    const [parent, ...others] = commit.parents;
    const merged = others.length === 0 || parent === undefined ? [] : await this.mergedBy(parent, others);
    const own = readClaims(commit.message);
    const claims = own === undefined ? merged.flatMap(({ claims }) => claims ?? []) : [own];
    const isClaimed = own !== undefined || (merged.length > 0 && merged.every(({ claims }) => claims !== undefined));
    const isTold = isClaimed && claims.every(({ isComplete }) => isComplete);
    const told = unite(claims);
    if (isTold && !this.concerns(told.units)) return undefined;
    const touched = isTold ? undefined : await this.touchedBy(commit);
    const units = new Map([...(isClaimed ? told.units : []), ...(touched?.units ?? [])]);
    if (!this.concerns(units)) return undefined;

    const pullRequest = pullRequestOf(commit.message);
    // A pull request that was squashed may have lost its messages. Who publishes changes records, others hardly.
    const isSquashed = merged.length === 0 && pullRequest !== undefined;
    const byHand = !isClaimed && !(isSquashed && touched !== undefined && isRecorded(touched));
    const [newest] = claims;
    return {
      commit: commit.id,
      time: new Date(commit.time).toISOString(),
      author: commit.author,
      subject: shown(commit.message.split('\n', 1)[0] ?? ''),
      sources: sourcesOf(claims),
      ...(newest?.generator === undefined ? {} : { generator: newest.generator }),
      units: [...units].map(([name, change]) => {
        const [environment = '', application = ''] = name.split('/');
        return { environment, application, change };
      }),
      others: [...(touched?.others ?? told.others)].map(([name, change]) => ({ name, change })),
      files: touched?.files.slice(0, MAX_FILES) ?? [],
      trailers: claims.flatMap(({ trailers }) => trailers),
      byHand,
      ...(pullRequest === undefined ? {} : { pullRequest }),
      merged: merged.map(({ id }) => id),
      signature: await this.checker.check(commit.body),
      ...(isTold || touched !== undefined ? {} : { isPartial: true }),
    };
  }

  /** What a merge brought in; merges of the branch itself, which brought nothing of their own, left out. */
  private async mergedBy(parent: string, others: readonly string[]): Promise<{ id: string; claims?: Claims }[]> {
    const ids = await this.log.between(others, [parent]);
    const commits = await Promise.all(ids.map((id) => this.log.read(id)));
    return commits.flatMap((commit) =>
      commit === undefined || commit.parents.length > 1 ? [] : [{ id: commit.id, claims: readClaims(commit.message) }],
    );
  }

  private async touchedBy(commit: LoggedCommit): Promise<Touched | undefined> {
    const [parent] = commit.parents;
    if (parent !== undefined && (await readDeep(this.log, parent)) === undefined) return undefined;
    return touchedBy(await this.log.changes(commit));
  }

  private concerns(units: ReadonlyMap<string, unknown>): boolean {
    const { environments, applications } = this.filter;
    if (environments === undefined && applications === undefined) return true;
    return [...units.keys()].some((name) => {
      const [environment = '', application = ''] = name.split('/');
      return (environments?.includes(environment) ?? true) && (applications?.includes(application) ?? true);
    });
  }
}

function unite(claims: readonly Claims[]): { units: Map<string, Changed>; others: Map<string, Changed> } {
  const units = new Map<string, Changed>();
  const others = new Map<string, Changed>();
  // The newest comes first, and says last what became of a unit; but what is new to the branch was added.
  for (const claim of claims) {
    for (const [name, change = 'changed'] of claim.units) {
      if (!units.has(name) || (change === 'added' && units.get(name) === 'changed')) units.set(name, change);
    }
    for (const [name, change] of claim.others) if (!others.has(name)) others.set(name, change);
  }
  return { units, others };
}

function sourcesOf(claims: readonly Claims[]): RecordSource[] {
  const sources = new Map<string, RecordSource>();
  for (const { source } of claims) if (!sources.has(source.repository)) sources.set(source.repository, source);
  return [...sources.values()];
}

function isRecorded({ units, others, files, unrecorded }: Touched): boolean {
  return units.size + others.size > 0 && files.length === 0 && unrecorded.length === 0;
}
