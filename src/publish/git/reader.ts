import { GitOpsError } from '../../errors';
import type { GitObject, ObjectType } from './objects';
import { type GitProcess, type GitProcessOptions, startGit } from './runner';

interface Request {
  readonly count: number;
  readonly found: (FoundObject | undefined)[];
  readonly done: (found: (FoundObject | undefined)[]) => void;
  readonly fail: (error: unknown) => void;
}

export interface FoundObject extends GitObject {
  readonly id: string;
}

/**
 * Objects of a repository, read through one `git cat-file --batch` that stays until it is closed: a process for each
 * object would cost 5 ms apiece.
 */
export class ObjectReader {
  private readonly process: GitProcess;
  private readonly waiting: Request[] = [];
  private chunks: Buffer[] = [];
  private bytes = 0;
  private needed = 1;
  private ending: unknown;

  constructor(options: GitProcessOptions) {
    this.process = startGit(['cat-file', '--batch'], options);
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
      if (this.bytes >= this.needed) this.consume();
    });
    this.process.ended.then(
      () => this.end(new GitOpsError('INTERNAL', 'the repository was read after it was closed')),
      (error) => this.end(error),
    );
  }

  /** Reads objects by id or by any name git resolves, in order; undefined for what is not there. */
  read(names: readonly string[]): Promise<(FoundObject | undefined)[]> {
    if (this.ending !== undefined) return Promise.reject(this.ending);
    if (names.length === 0) return Promise.resolve([]);
    return new Promise((done, fail) => {
      this.waiting.push({ count: names.length, found: [], done, fail });
      this.process.stdin.write(`${names.join('\n')}\n`);
    });
  }

  /** Ends the process, and waits for it. */
  async close(): Promise<void> {
    this.process.stdin.end();
    this.process.kill();
    await this.process.ended.catch(() => {});
  }

  private end(error: unknown): void {
    this.ending = error;
    for (const { fail } of this.waiting.splice(0)) fail(error);
  }

  private answer(object: FoundObject | undefined): void {
    const [request] = this.waiting;
    if (request === undefined) return;
    request.found.push(object);
    if (request.found.length < request.count) return;
    this.waiting.shift();
    request.done(request.found);
  }

  /** Takes every complete answer off the front of what has arrived. */
  private consume(): void {
    const data = this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks);
    let at = 0;
    this.needed = 1;
    while (at < data.length) {
      const line = data.indexOf(0x0a, at);
      if (line < 0) break;
      const [, id, type, size] = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(data.toString('utf8', at, line)) ?? [];
      if (id === undefined) {
        this.answer(undefined);
        at = line + 1;
        continue;
      }
      const end = line + 1 + Number(size);
      if (data.length < end + 1) {
        this.needed = end + 1 - at;
        break;
      }
      // A copy: a view would keep all that arrived with it in memory.
      const body = Buffer.from(data.subarray(line + 1, end));
      this.answer({ id, type: type as ObjectType, body });
      at = end + 1;
    }
    const rest = data.subarray(at);
    this.chunks = rest.length === 0 ? [] : [rest];
    this.bytes = rest.length;
    if (this.needed === 1 && rest.length > 0) this.needed = rest.length + 1;
  }
}
