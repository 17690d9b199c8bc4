import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk, privateFolder, removeFolder } from './temporary';
import { PROTOCOLS } from './url';

/** Name of the remote in the directory's own configuration: one that nobody's global configuration speaks of. */
export const REMOTE = 'environment-repository';

/** What a fetch leaves out. A filtered directory is one that git may complete later on. */
export type Filter = 'tree:0' | 'tree:3' | 'tree:4' | 'blob:none' | 'none';

/**
 * A bare repository laid out by hand in a temporary folder: no work tree, no index, no template and no hooks. It is
 * removed when it is disposed of, and also when the process is interrupted.
 */
export class GitDirectory {
  readonly path: string;

  constructor(private readonly url: string) {
    this.path = privateFolder();
    try {
      this.reset();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * Empties it.
   * @throws GitOpsError TEMPORARY_UNWRITABLE
   */
  reset(): void {
    for (const name of ['objects', 'refs', 'shallow', 'packed-refs']) {
      rmSync(join(this.path, name), { recursive: true, force: true });
    }
    onDisk(() => {
      for (const folder of ['objects/info', 'objects/pack', 'refs']) {
        mkdirSync(join(this.path, folder), { recursive: true });
      }
      writeFileSync(join(this.path, 'HEAD'), 'ref: refs/heads/none\n');
    });
    this.configure('none');
  }

  /**
   * Writes the configuration for fetching with a filter, or (`none`) for everything else. Only with the former does git
   * count on completing the repository: a push would fetch the very objects that a filter left out.
   * @throws GitOpsError TEMPORARY_UNWRITABLE
   */
  configure(filter: Filter): void {
    onDisk(() => writeFileSync(join(this.path, 'config'), configuration(this.url, filter), { mode: 0o600 }));
  }

  dispose(): void {
    removeFolder(this.path);
  }
}

/** Whatever a user's global configuration may turn on that is not wanted here is turned off by name. */
function configuration(url: string, filter: Filter): string {
  const quoted = `"${url.replace(/[\\"]/g, '\\$&')}"`;
  const partial = filter !== 'none';
  return [
    '[core]',
    `\trepositoryformatversion = ${partial ? 1 : 0}`,
    '\tbare = true',
    '\thooksPath = /dev/null',
    '\tlogAllRefUpdates = false',
    '\tfsmonitor = false',
    // It is gone in a moment.
    '\tfsync = none',
    ...(partial ? ['[extensions]', `\tpartialClone = ${REMOTE}`] : []),
    '[protocol]',
    '\tallow = never',
    ...PROTOCOLS.flatMap((protocol) => [`[protocol "${protocol}"]`, '\tallow = always']),
    '[protocol "ext"]',
    '\tallow = never',
    '[gc]',
    '\tauto = 0',
    '[maintenance]',
    '\tauto = false',
    '[fetch]',
    '\tfsckObjects = false',
    '\trecurseSubmodules = false',
    '\twriteCommitGraph = false',
    // What a filter left out must not be announced as something we have.
    ...(partial ? ['\tnegotiationAlgorithm = noop'] : []),
    '[transfer]',
    '\tfsckObjects = false',
    '\tunpackLimit = 1',
    // A server that says nothing for two minutes is not going to.
    '[http]',
    '\tlowSpeedLimit = 1',
    '\tlowSpeedTime = 120',
    '[push]',
    '\tfollowTags = false',
    '\tgpgSign = false',
    '\tnegotiate = false',
    '\trecurseSubmodules = no',
    `[remote "${REMOTE}"]`,
    `\turl = ${quoted}`,
    '\ttagOpt = --no-tags',
    ...(partial ? ['\tpromisor = true', `\tpartialCloneFilter = ${filter}`] : []),
    '',
  ].join('\n');
}
