import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { repositoryId } from '../model/source-id';

/**
 * Id of the source repository around a folder, from the URL of its remote `origin`. It is read off git's own file: a
 * program that only synthesizes starts no process for it.
 */
export function originOf(folder: string): string | undefined {
  const gitFolder = findGitFolder(resolve(folder));
  if (!gitFolder) return undefined;
  const url = originUrl(readFileSync(join(gitFolder, 'config'), 'utf8'));
  return url === undefined ? undefined : repositoryId(url);
}

function findGitFolder(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const git = join(at, '.git');
    if (existsSync(git)) {
      const found = statSync(git).isDirectory() ? git : linkedGitFolder(git);
      return found && existsSync(join(found, 'config')) ? found : undefined;
    }
    if (at === dirname(at)) return undefined;
  }
}

/** In a linked work tree `.git` is a file that names the real folder, and `commondir` there names the shared one. */
function linkedGitFolder(file: string): string | undefined {
  const named = /^gitdir: (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (!named) return undefined;
  const folder = resolve(dirname(file), named);
  const common = join(folder, 'commondir');
  return existsSync(common) ? resolve(folder, readFileSync(common, 'utf8').trim()) : folder;
}

function originUrl(config: string): string | undefined {
  let inOrigin = false;
  for (const line of config.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line);
    if (section) inOrigin = /^\s*remote\s+"origin"\s*$/i.test(section[1] ?? '');
    // A setting may stand behind its section, and a comment behind the setting.
    const setting = line.slice(section?.[0].length ?? 0);
    const value = inOrigin ? /^\s*url\s*=\s*("[^"]*"|[^\s#;"][^#;"]*)/i.exec(setting)?.[1] : undefined;
    if (value) return value.replaceAll('"', '').trim();
  }
  return undefined;
}
