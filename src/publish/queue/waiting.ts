import { byTicket } from './refs';

/** When to look at the queue again, and when to lead it. No I/O: times are given. */

/** An entry as a listing shows it. */
export interface Place {
  readonly ticket: string;
  readonly ref: string;
  readonly id: string;
}

export interface View {
  /** The branch's tip. */
  readonly tip: string | null;
  /** Entries that are not to be passed over. */
  readonly places: readonly Place[];
}

export type Decision = 'gone' | 'lead' | 'wait';

/** How much longer each one further back lets a silent leader be, as a share of the lease. */
const STAGGER = 1 / 8;
const LONGEST_STAGGER = 1_000;

/** One publisher's wait for its entry. */
export class Wait {
  private front = '';
  private since = 0;
  private looks = 0;
  /** Whether the own entry was ever seen. */
  seen = false;

  constructor(
    private readonly own: string,
    /** Milliseconds without any progress after which another one leads. */
    private readonly lease: number,
  ) {}

  /** @param now milliseconds of a clock that does not jump */
  decide({ tip, places }: View, now: number): Decision {
    const sorted = [...places].sort(byTicket);
    const rank = sorted.findIndex(({ ticket }) => ticket === this.own);
    if (rank < 0) return 'gone';
    this.seen = true;
    const first = sorted[0];
    const front = `${tip} ${first?.ref} ${first?.id}`;
    if (front !== this.front) {
      this.front = front;
      this.since = now;
      this.looks = 0;
    }
    if (rank === 0) return 'lead';
    return now - this.since >= this.lease + rank * this.stagger ? 'lead' : 'wait';
  }

  /** Starts the lease anew: what was tried just now counts as progress. */
  touch(now: number): void {
    this.since = now;
  }

  private get stagger(): number {
    return Math.min(LONGEST_STAGGER, this.lease * STAGGER);
  }

  /**
   * Milliseconds until the next look. The more there are, the more rarely each one looks; nobody waits for longer than a
   * part of the lease.
   */
  delay(entries: number, { least, most, random = Math.random }: DelayOptions): number {
    const base = least * (0.5 + entries / 8) * 1.25 ** Math.min(this.looks++, 12);
    return Math.min(base, most, Math.max(least, this.lease / 4)) * (0.5 + random());
  }
}

export interface DelayOptions {
  /** Milliseconds. */
  readonly least: number;
  /** Milliseconds. */
  readonly most: number;
  /** @default Math.random */
  readonly random?: () => number;
}
