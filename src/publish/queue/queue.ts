import { setTimeout } from 'node:timers/promises';
import { rootsOf } from '../../model/section';
import { trailersOf } from '../git/commits';
import type { QueueRefs, RemoteRef } from '../git/queue-refs';
import type { Snapshot } from '../git/store';
import { signature } from '../message';
import type { QueueOptions } from '../options';
import type { Planned } from '../planning';
import { loadTop } from '../reading';
import type { RemoteRepository } from '../remote-repository';
import type { Run } from '../run';
import { type Led, lead } from './leader';
import { buildOwnEntry, type OwnEntry } from './own-entry';
import { EntryReader, type Located } from './reading';
import { byTicket, checkPrefix, DEFAULT_PREFIX, newTicket } from './refs';
import { readableSigners, Trust } from './trust';
import { type Decision, Wait } from './waiting';

/** Milliseconds that a publisher which gives up takes at most to take its entry back. */
const WITHDRAWAL = 10_000;
const LEASE = 15_000;
/** Listings in a row that may fail: an entry is in no danger meanwhile. */
const FAILURES = 3;

/** What became of a plan that was queued. */
export type Passage =
  | { readonly kind: 'landed'; readonly commit: string }
  /** Something else came first: plan anew. */
  | { readonly kind: 'dropped' }
  /** There is no queue on this server, or none for this plan. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'exhausted' };

export interface PassInput {
  readonly planned: Planned;
  /** What the plan was made for. */
  readonly snapshot: Snapshot;
  readonly author: string;
  /** Message of the commit to come. */
  readonly message: string;
  /** Number of the attempt that is under way, from 1. */
  readonly attempt: () => number;
  /** Takes note of a push that was overtaken. False when there may be no other. */
  readonly overtaken: () => boolean;
  /** When to give up, in milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/**
 * The prefix of the queue's refs, or undefined when there is to be no queue.
 * @throws GitOpsError CONFIG_INVALID
 */
export function queuePrefix(options: QueueOptions = {}, isSigning = false): string | undefined {
  const { mode = 'auto', prefix = DEFAULT_PREFIX, allowedSigners, protectedBranch } = options;
  checkPrefix(prefix);
  if (allowedSigners !== undefined) readableSigners(allowedSigners);
  if (mode === 'off') return undefined;
  // Whoever leads a protected branch's queue lends everybody their right to push, unless entries are vouched for.
  if (protectedBranch === true && allowedSigners === undefined) return undefined;
  // Nobody would land what nobody vouches for.
  return allowedSigners !== undefined && !isSigning ? undefined : prefix;
}

/** This run's part in the queue. */
export class Queue {
  private readonly ticket = newTicket();
  private readonly reader: EntryReader;
  private own: OwnEntry | undefined;
  private isOff = false;
  private isProtected: Promise<boolean> | undefined;

  constructor(
    private readonly repository: RemoteRepository,
    private readonly run: Run,
    private readonly prefix: string,
  ) {
    const { allowedSigners } = this.options;
    const trust = new Trust(
      allowedSigners === undefined ? undefined : readableSigners(allowedSigners),
      () => repository.git,
    );
    this.reader = new EntryReader(repository, trust, prefix, run.options.remote.branch);
  }

  /** What should be known. */
  get warnings(): readonly string[] {
    return this.reader.warnings;
  }

  /** Whether it can be joined. A branch has to be there first. */
  get isOpen(): boolean {
    return !this.isOff && this.repository.queue !== undefined && this.repository.commit !== null;
  }

  /** Whether to join it rather than to push past those who wait: the last fetch has shown some. */
  get isPreferred(): boolean {
    if (!this.isOpen) return false;
    return this.options.mode === 'always' || this.reader.locate(this.refs?.fetched() ?? []).length > 0;
  }

  /** Pushes that it took. */
  get pushes(): number {
    return this.repository.queue?.pushes ?? 0;
  }

  /** Puts a plan into the queue, and stays until it has been landed, or has not. */
  async pass(input: PassInput): Promise<Passage> {
    const { refs } = this;
    if (refs === undefined || !this.isOpen) return { kind: 'unavailable' };
    if (!(await this.isAllowed())) return this.leave();
    const { planned, snapshot, author, message } = input;
    const { tree, options, report } = this.run;
    const entry = await buildOwnEntry({
      planned,
      snapshot,
      prefix: this.prefix,
      branch: options.remote.branch,
      ticket: this.ticket,
      source: tree.source,
      author,
      message,
      signer: options.signer,
    });
    if (entry === undefined) return { kind: 'unavailable' };
    const older = await this.olderEntries(planned);
    const others = this.reader.locate(refs.fetched()).filter(({ ref }) => !older.some((old) => old.ref === ref));
    await this.repository.write(entry.objects);
    report('write', `joining the queue behind ${others.length}`, input.attempt());
    this.own = entry;
    this.reader.own.add(entry.id);
    if ((await refs.pushEntry(entry, older)) === 'refused') {
      this.own = undefined;
      return this.leave();
    }
    const passage = await this.wait(entry, refs, input);
    if (passage.kind === 'landed' || passage.kind === 'dropped') this.own = undefined;
    else await this.withdraw();
    return passage;
  }

  /**
   * Deletes what this source put there before about the sections in scope: the run that has looked at them now knows
   * better. Only of a queue that was seen.
   */
  async tidy(planned: Planned): Promise<void> {
    if (!this.isOpen) return;
    const older = await this.olderEntries(planned);
    if (older.length > 0 && (await this.isAllowed())) await this.refs?.remove(older);
  }

  /** Takes the own entry back if it is still there, also when the run was aborted. Never fails. */
  async withdraw(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    if (own === undefined) return;
    try {
      await this.refs?.remove([own], AbortSignal.timeout(WITHDRAWAL));
    } catch {
      // Somebody else lands or drops it.
    }
  }

  /** Asked when it matters: a forge's answer takes its time. */
  private async isAllowed(): Promise<boolean> {
    const { protectedBranch, allowedSigners } = this.options;
    if (allowedSigners !== undefined || typeof protectedBranch !== 'function') return true;
    this.isProtected ??= protectedBranch();
    return !(await this.isProtected);
  }

  private get options(): QueueOptions {
    return this.run.options.queue ?? {};
  }

  private get refs(): QueueRefs | undefined {
    return this.repository.queue;
  }

  private leave(): Passage {
    this.isOff = true;
    return { kind: 'unavailable' };
  }

  private async wait(entry: OwnEntry, refs: QueueRefs, input: PassInput): Promise<Passage> {
    const { lease = LEASE } = this.options;
    const { minDelay = 100, maxDelay = 5_000 } = this.run.options.retry ?? {};
    const { signal } = this.run.options;
    const wait = new Wait(this.ticket, lease);
    let failures = 0;
    for (let pause = 0; ; ) {
      if (pause > 0) await sleep(pause, signal);
      let places: Located[];
      let decision: Decision;
      try {
        const { tip, refs: listed } = await refs.list();
        places = await this.places(listed);
        decision = wait.decide({ tip, places }, performance.now());
        failures = 0;
      } catch (error) {
        if (signal?.aborted || ++failures > FAILURES) throw error;
        pause = maxDelay;
        continue;
      }
      if (decision === 'gone') {
        await this.repository.refresh();
        return this.settle(entry, refs, wait.seen);
      }
      if (performance.now() > input.deadline) return { kind: 'exhausted' };
      pause = wait.delay(places.length, { least: minDelay, most: maxDelay });
      if (decision === 'wait') continue;
      const led = await this.lead(entry, refs, places[0]?.id !== entry.id, input.attempt());
      if (led.kind === 'landed' || led.kind === 'dropped') return led;
      if (led.kind === 'gone') return this.settle(entry, refs, wait.seen);
      if (led.kind === 'refused') return this.leave();
      if (led.kind === 'overtaken' && !input.overtaken()) return { kind: 'exhausted' };
      wait.touch(performance.now());
      pause = Math.random() * minDelay;
    }
  }

  /** The entries of a listing. Those that are here are looked at more closely: a bad one must not seem to lead. */
  private async places(listed: readonly RemoteRef[]): Promise<Located[]> {
    const known = new Map((await this.reader.parsed(listed)).map((entry) => [entry.ref, entry]));
    const places = this.reader.locate(listed);
    for (let at = 0; ; at++) {
      const entry = known.get(places[at]?.ref ?? '');
      if (entry === undefined || (await this.reader.isTrusted(entry))) return places.slice(at);
    }
  }

  private async lead(entry: OwnEntry, queue: QueueRefs, takesOver: boolean, attempt: number): Promise<Led> {
    const { repository, reader, run } = this;
    const { options, identity, report } = run;
    return await lead({
      repository,
      queue,
      reader,
      branch: options.remote.branch,
      own: entry.id,
      takesOver,
      committer: () => signature(identity, repository.now()),
      signer: options.signer,
      report: (message) => report('push', message, attempt),
    });
  }

  /**
   * Finds out what became of the own entry when it is not in the queue any more. The branch has just been read.
   * @param wasSeen whether it ever was in a listing
   */
  private async settle(entry: OwnEntry, refs: QueueRefs, wasSeen: boolean): Promise<Passage> {
    const { snapshot, commit } = this.repository;
    if (commit === null) return { kind: 'dropped' };
    await loadTop(snapshot);
    const folders = entry.owners.filter(({ kind }) => kind === 'folder');
    await snapshot.reach(folders.flatMap(rootsOf));
    if (liesThere(entry, snapshot)) return { kind: 'landed', commit };
    // A server may take refs and never show them.
    if (!wasSeen && (await refs.remove([entry])).size > 0) return this.leave();
    // It may have been landed all the same, and something newer came right after it. That must not be undone.
    const recent = await this.repository.readCommits(await refs.fetchRecent());
    for (const { id, message } of recent.values()) {
      if (trailersOf(message).get('Queued')?.includes(entry.ticket)) return { kind: 'landed', commit: id };
    }
    return { kind: 'dropped' };
  }

  private async olderEntries({ scope, plan }: Planned): Promise<RemoteRef[]> {
    const seen = this.refs?.fetched() ?? [];
    if (seen.length === 0) return [];
    const owned = new Set([
      ...scope.desired.flatMap(({ owner }) => rootsOf(owner)),
      ...plan.sections.flatMap(({ owner }) => rootsOf(owner)),
    ]);
    const older: RemoteRef[] = [];
    for (const entry of await this.reader.parsed(seen)) {
      if (entry.source !== this.run.tree.source || byTicket(entry, { ticket: this.ticket }) >= 0) continue;
      if (!entry.roots.some(({ path }) => owned.has(path))) continue;
      if (await this.reader.isTrusted(entry)) older.push(entry);
    }
    return older;
  }
}

/**
 * Whether the branch holds what an entry wanted, as far as the last fetch shows. That is the record at least, and it
 * names what lies at the other roots.
 */
function liesThere({ roots }: OwnEntry, snapshot: Snapshot): boolean {
  return roots.every(({ path, wanted }) => {
    const id = visibleAt(path, snapshot);
    return id === undefined || id === wanted;
  });
}

/** Id of what lies at a path; null for nothing, undefined when that was not fetched. */
function visibleAt(path: string, { store, root }: Snapshot): string | null | undefined {
  let id = root;
  for (let at = 0; ; ) {
    if (id === null) return null;
    if (!store.has(id)) return undefined;
    const slash = path.indexOf('/', at);
    const node = store.tree(id).get(slash < 0 ? path.slice(at) : path.slice(at, slash));
    if (slash < 0) return node?.id ?? null;
    id = node?.mode === '40000' ? node.id : null;
    at = slash + 1;
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal });
  } catch (error) {
    throw signal?.reason ?? error;
  }
}
