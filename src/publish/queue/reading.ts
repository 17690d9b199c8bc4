import { GitOpsError } from '../../errors';
import type { RemoteRef } from '../git/queue-refs';
import type { FoundObject } from '../git/reader';
import { sanitize } from '../git/text';
import type { RemoteRepository } from '../remote-repository';
import { checkContent } from './content';
import { Malformed, type ParsedEntry, parseEntry } from './entry';
import { byTicket, type EntryName, isOfAnotherBranch, parseEntryName } from './refs';
import type { Trust } from './trust';

/** Entries that one leader lands at once. */
export const MOST_ENTRIES = 256;
/** Passed-over entries that are told of one by one. */
const MOST_WARNINGS = 10;

export interface Located extends EntryName, RemoteRef {}

const keyOf = ({ ref, id }: RemoteRef): string => `${ref} ${id}`;

/** Reads entries, and remembers which are to be passed over. What is wrong with one never keeps anybody from publishing. */
export class EntryReader {
  private readonly read = new Map<string, ParsedEntry | undefined>();
  private readonly passedOver = new Map<string, string>();
  /** Commits of this run's own entries: nobody has to vouch for them. */
  readonly own = new Set<string>();

  constructor(
    private readonly repository: RemoteRepository,
    private readonly trust: Trust,
    private readonly prefix: string,
    private readonly branch: string,
  ) {}

  /** What should be known. */
  get warnings(): string[] {
    const all = [...this.passedOver].map(([ref, why]) => `the queue entry ${sanitize(ref).slice(0, 300)} ${why}`);
    const more = all.length - MOST_WARNINGS;
    return more > 0 ? [...all.slice(0, MOST_WARNINGS), `${more} more queue entries were passed over`] : all;
  }

  /** The refs that are named as entries are, oldest first, without those that are known to be passed over. */
  locate(refs: readonly RemoteRef[]): Located[] {
    const found: Located[] = [];
    for (const { ref, id } of refs) {
      const name = parseEntryName(ref, this.prefix, this.branch);
      if (name !== undefined) {
        if (!this.passedOver.has(ref)) found.push({ ...name, id });
      } else if (!isOfAnotherBranch(ref, this.prefix, this.branch)) {
        this.passOver(ref, 'is not named as entries are');
      }
    }
    return found.sort(byTicket);
  }

  /** The entries among fetched refs that one may believe, oldest first. */
  async trusted(refs: readonly RemoteRef[]): Promise<ParsedEntry[]> {
    const trusted: ParsedEntry[] = [];
    for (const entry of (await this.parsed(refs)).slice(0, MOST_ENTRIES)) {
      if (await this.isTrusted(entry)) trusted.push(entry);
    }
    return trusted;
  }

  /** The entries among fetched refs, whoever made them, oldest first: as many as are landed at once, and some more. */
  async parsed(refs: readonly RemoteRef[]): Promise<ParsedEntry[]> {
    const located = this.locate(refs);
    const unread = located.filter((place) => !this.read.has(keyOf(place)));
    let sound = located.filter((place) => this.read.get(keyOf(place)) !== undefined).length;
    for (let at = 0; at < unread.length && sound < MOST_ENTRIES; at += MOST_ENTRIES) {
      const chunk = unread.slice(at, at + MOST_ENTRIES);
      const objects = await this.repository.readObjects(chunk.map(({ id }) => id));
      for (const [i, place] of chunk.entries()) {
        const object = objects[i];
        // It came after the fetch.
        if (object === undefined) continue;
        const entry = this.parse(place, object);
        this.read.set(keyOf(place), entry);
        if (entry !== undefined) sound++;
      }
    }
    return located.flatMap((place) => this.read.get(keyOf(place)) ?? []);
  }

  private parse(place: Located, { type, body }: FoundObject): ParsedEntry | undefined {
    try {
      if (type !== 'commit') throw new Malformed('it is no commit');
      return parseEntry(place.id, body, place, this.branch);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.passOver(place.ref, `was passed over: ${error.message}`);
      return undefined;
    }
  }

  async isTrusted(entry: ParsedEntry): Promise<boolean> {
    if (this.own.has(entry.id) || (await this.trust.trusts(entry))) return true;
    this.passOver(entry.ref, 'was passed over: none of the allowed signers signed it');
    return false;
  }

  /** The entries whose content is sound. Their trees are fetched, if need be with one request. */
  async sound(entries: readonly ParsedEntry[]): Promise<ParsedEntry[]> {
    const sound: ParsedEntry[] = [];
    for (const entry of entries) {
      try {
        if (!this.own.has(entry.id)) await checkContent(entry, this.repository.snapshot.store);
        sound.push(entry);
      } catch (error) {
        const isCorrupt = GitOpsError.is(error) && error.code === 'REMOTE_CORRUPT';
        if (!(error instanceof Malformed) && !isCorrupt) throw error;
        this.passOver(
          entry.ref,
          `was passed over: ${error instanceof Malformed ? error.message : 'its tree is unsound'}`,
        );
      }
    }
    return sound;
  }

  private passOver(ref: string, why: string): void {
    if (this.passedOver.size < 10_000) this.passedOver.set(ref, why);
  }
}
