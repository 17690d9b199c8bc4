import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { gitEnv } from '../helpers/git';

/** A value that is looked for wherever it must not be: as it is, and as base64, hexadecimal digits or escapes. */
export class Canary {
  readonly value = `Canary${randomBytes(12).toString('hex')}`;
  /** Where it was found. */
  readonly found: string[] = [];
  /** How often arguments of processes were looked at. */
  samples = 0;
  private readonly forms: readonly string[];
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    const bytes = Buffer.from(this.value);
    // Base64 of a text differs by where in it the value begins; the characters at the ends are shared with neighbours.
    const encoded = [0, 1, 2].map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
      return text.slice(shift === 0 ? 0 : shift + 1, -4);
    });
    this.forms = [
      this.value,
      ...encoded,
      ...encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      bytes.toString('hex'),
    ];
  }

  look(where: string, text: string): void {
    if (this.forms.some((form) => text.includes(form))) this.found.push(where);
  }

  lookInFolder(folder: string): void {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name);
      this.look(`name ${path}`, name);
      if (!lstatSync(path).isFile()) continue;
      const bytes = readFileSync(path);
      this.look(path, bytes.toString('latin1'));
      if (bytes[0] === 0x1f && bytes[1] === 0x8b) this.look(path, gunzipSync(bytes).toString('latin1'));
    }
  }

  /** Every object of a repository, reachable or not, packed or not. */
  lookInObjects(repository: string): void {
    const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch', '--unordered'], {
      cwd: repository,
      env: gitEnv,
      maxBuffer: 1 << 28,
    });
    if (objects.length === 0) throw new Error(`${repository} has no objects`);
    this.look(`objects of ${repository}`, objects.toString('latin1'));
  }

  /** Looks at the arguments of every process, again and again. */
  watch(): void {
    this.timer = setInterval(() => this.sample(), 15);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    this.samples++;
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        this.look(`arguments of process ${pid}`, readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
      } catch {
        // It has ended.
      }
    }
  }
}
