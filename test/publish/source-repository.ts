import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bareRepository, git, temporaryFolder } from '../helpers/git';

/** A source repository: a remote, and the clone that somebody works in. */
export class Source {
  readonly origin = bareRepository();
  readonly work = join(temporaryFolder(), 'work');

  constructor() {
    git('/', 'clone', '--quiet', `file://${this.origin}`, this.work);
    git(this.work, 'checkout', '--quiet', '-B', 'main');
  }

  /** Commits a file and pushes it. Returns the commit. */
  push(file: string, content: string, ...pushOptions: string[]): string {
    mkdirSync(dirname(join(this.work, file)), { recursive: true });
    writeFileSync(join(this.work, file), content);
    git(this.work, 'add', '--all');
    git(this.work, 'commit', '--quiet', '--allow-empty', '--message', `${file}: ${content.trim()}`);
    git(this.work, 'push', '--quiet', ...pushOptions, 'origin', 'HEAD:refs/heads/main');
    return git(this.work, 'rev-parse', 'HEAD');
  }

  /** A clone as CI makes one, of what is there now. */
  clone(...args: string[]): string {
    const folder = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', ...args, `file://${this.origin}`, folder);
    return folder;
  }
}
