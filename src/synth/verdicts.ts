import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Ids that one file keeps: 20 bytes each. The ones that were not asked for last go first. */
const MOST_IDS = 400_000;
/** Files that are kept: for other programs, and versions of Kubernetes. */
const MOST_FILES = 8;
const ID_BYTES = 20;
const DIGEST_BYTES = 32;

/** What is known of objects: by the git ids of their texts, those that rules had nothing to say of. */
export interface Known {
  isClean(id: string): boolean;
  add(id: string): void;
}

/**
 * Remembers from one run to the next which objects were found clean, and nothing else: ids of texts, never texts. Lies
 * among the caches beside the packages, where whoever may write could change the packages as well.
 */
export class Verdicts {
  private readonly files = new Map<string, VerdictFile>();

  /**
   * @param folder where files lie
   * @param version of the rules: verdicts of others do not count
   */
  constructor(
    private readonly folder: string,
    private readonly version: string,
  ) {}

  /** @param key all that the verdicts of the family depend on beside the object and the version */
  of(family: string, key: string): Known {
    const name = createHash('sha256').update(`${this.version}\n${family}\n${key}`).digest('hex').slice(0, 32);
    let file = this.files.get(name);
    if (!file) {
      file = new VerdictFile(join(this.folder, `gate-${name}.bin`));
      this.files.set(name, file);
    }
    return file;
  }

  /** Writes what was learned. That it cannot be written fails nothing. */
  save(): void {
    try {
      let isChanged = false;
      for (const file of this.files.values()) isChanged = file.save() || isChanged;
      if (isChanged) prune(this.folder);
    } catch {
      // The next run looks at everything again.
    }
  }
}

class VerdictFile implements Known {
  private readonly earlier: ReadonlySet<string>;
  private readonly used = new Set<string>();
  private learned = 0;

  constructor(private readonly path: string) {
    this.earlier = read(path);
  }

  isClean(id: string): boolean {
    if (!this.earlier.has(id)) return this.used.has(id);
    this.used.add(id);
    return true;
  }

  add(id: string): void {
    if (!this.earlier.has(id)) this.learned++;
    this.used.add(id);
  }

  save(): boolean {
    if (this.learned === 0) return false;
    const ids = [...new Set([...this.used, ...this.earlier])].slice(0, MOST_IDS);
    const body = Buffer.from(ids.join(''), 'hex');
    mkdirSync(dirname(this.path), { recursive: true });
    // Others may read it at the same time, or write it.
    const temporary = `${this.path}.${process.pid}-${randomBytes(4).toString('hex')}`;
    try {
      writeFileSync(temporary, Buffer.concat([digestOf(body), body]), { flag: 'wx' });
      renameSync(temporary, this.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    return true;
  }
}

/** The ids in a file; none when it is not there, or not as it was written. */
function read(path: string): Set<string> {
  const ids = new Set<string>();
  try {
    if (statSync(path).size > DIGEST_BYTES + MOST_IDS * ID_BYTES) return ids;
    const bytes = readFileSync(path);
    const body = bytes.subarray(DIGEST_BYTES);
    if (body.length % ID_BYTES !== 0 || !digestOf(body).equals(bytes.subarray(0, DIGEST_BYTES))) return ids;
    const text = body.toString('hex');
    for (let i = 0; i < text.length; i += ID_BYTES * 2) ids.add(text.slice(i, i + ID_BYTES * 2));
  } catch {
    // Nothing is known then.
  }
  return ids;
}

function digestOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}

function prune(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.startsWith('gate-'))
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of files.slice(MOST_FILES)) rmSync(path, { force: true });
}

/** Fewer objects are looked at faster than any file is read. */
const FEWEST_OBJECTS = 200;

/** Verdicts of earlier runs, where that is worth it and there is a place for them. */
export function openVerdicts(objects: number, from: string = process.cwd()): Verdicts | undefined {
  if (objects < FEWEST_OBJECTS) return undefined;
  const folder = cacheFolder(from);
  if (folder === undefined) return undefined;
  try {
    return new Verdicts(folder, rulesVersion());
  } catch {
    // The rules are not in files of their own: the package was bundled.
    return undefined;
  }
}

/** The folder for caches beside the nearest packages; undefined where there are none. */
function cacheFolder(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) return join(modules, '.cache', 'cdk8s-gitops');
    if (folder === dirname(folder)) return undefined;
  }
}

/** What tells this version of the rules from any other: the files that they are made of. */
function rulesVersion(): string {
  const hash = createHash('sha256');
  for (const layer of ['gate', 'yaml']) {
    const root = resolve(__dirname, '..', layer);
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/(?<!\.d)\.[jt]s$/.test(name)) continue;
      hash.update(`${name}\0`).update(readFileSync(join(root, name)));
    }
  }
  return hash.digest('hex');
}
