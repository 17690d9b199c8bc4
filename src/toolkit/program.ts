import { existsSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { IConstruct } from 'constructs';
import { GitOpsError } from '../errors';
import { declarationOf } from '../model/declaration';
import type { DesiredTree } from '../model/section';
import { withCapture } from '../synth/capture';
import type { AppOptions } from './app';
import { exportedFunction, exportedPlatforms } from './platforms';
import { display, OWN, programError } from './program-error';
import { ProgramExit, sandboxed } from './program-process';

interface Captured {
  readonly tree: DesiredTree;
  readonly platform: object;
}

/**
 * Loads a TypeScript or JavaScript program into this process, and returns what it declares: the platform that it
 * synthesizes, else the one that it exports.
 * @param reportIssues the tree is only looked at: what the gate refuses is among its issues
 * @throws GitOpsError APP_FAILED, APP_NO_PLATFORM, and whatever synthesis finds
 */
export async function loadProgram(file: string, options: AppOptions, reportIssues = false): Promise<DesiredTree> {
  const { cwd = process.cwd(), host, signal } = options;
  const captured: Captured[] = [];
  const push = (tree: DesiredTree, platform: object) => void captured.push({ tree, platform });
  const take = Object.assign(push, { reportsIssues: reportIssues });
  try {
    const output = (chunk: string | Uint8Array) => host?.output?.(chunk);
    return await withCapture(take, () =>
      sandboxed({ file, cwd, output, signal }, async (settled) => {
        const exported = await importProgram(file);
        await settled(() => captured.length > 0 || givesPlatform(exported));
        if (captured.length > 0) return only(captured, file, cwd).tree;
        const platform = await findPlatform(exported, file, cwd);
        // The function that was called may have synthesized by itself.
        if (captured.length > 0) return only(captured, file, cwd).tree;
        if (platform === undefined) throw noPlatform(file, cwd);
        const { synthesize } = await import('../synth/synthesize.js');
        return synthesize(platform, { reportIssues });
      }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProgramExit) {
      if (error.code === 0 && captured.length > 0) return only(captured, file, cwd).tree;
      if (error.code === 0) throw noPlatform(file, cwd);
      const message = `${display(file, cwd)} ended itself with exit code ${error.code}`;
      throw new GitOpsError('APP_FAILED', message);
    }
    throw programError(error, file, cwd);
  }
}

async function importProgram(file: string): Promise<unknown> {
  forget(file);
  const { createJiti } = await import('jiti');
  const jiti = createJiti(file, { fsCache: cacheFolder(file), interopDefault: true });
  return jiti.import(file);
}

/**
 * Lets the program's own modules be run anew, where a process loads it more than once. Packages stay loaded, and so do
 * the ES modules that Node itself has loaded, which it never forgets.
 */
function forget(file: string): void {
  const folder = packageFolder(file);
  for (const name of Object.keys(require.cache)) {
    const isOwn = name.startsWith(folder + sep) && !name.includes(`${sep}node_modules${sep}`);
    if (isOwn && !name.startsWith(OWN)) delete require.cache[name];
  }
}

/** The nearest folder that is a package, else the program's own. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'))) return folder;
  }
  return dirname(file);
}

/**
 * Where compiled programs are kept: beside the packages they import. What lies there is run, so that it is never a
 * folder that other users of the machine may write to.
 */
function cacheFolder(file: string): string | false {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) return join(modules, '.cache', 'cdk8s-gitops');
    if (folder === dirname(folder)) return false;
  }
}

function givesPlatform(exported: unknown): boolean {
  return exportedPlatforms(exported).length > 0 || exportedFunction(exported) !== undefined;
}

async function findPlatform(exported: unknown, file: string, cwd: string): Promise<IConstruct | undefined> {
  const direct = exportedPlatforms(exported);
  const found = direct.length > 0 ? direct : exportedPlatforms(await exportedFunction(exported)?.());
  if (found.length > 1) throw severalPlatforms(found, file, cwd);
  return found[0];
}

/** The one that counts: of a platform that was synthesized twice, the last. */
function only(captured: readonly Captured[], file: string, cwd: string): Captured {
  const platforms = new Map(captured.map(({ platform }) => [declarationOf(platform) ?? platform, platform]));
  if (platforms.size > 1) throw severalPlatforms([...platforms.values()], file, cwd);
  return captured.at(-1) as Captured;
}

function severalPlatforms(platforms: readonly object[], file: string, cwd: string): GitOpsError {
  const names = platforms
    .map((platform) => declarationOf(platform)?.name ?? '?')
    .sort()
    .join(', ');
  return new GitOpsError(
    'MODEL_INVALID',
    `${display(file, cwd)} declares ${platforms.length} platforms (${names}): keep one in a program, and run the programs one by one`,
  );
}

function noPlatform(file: string, cwd: string): GitOpsError {
  return new GitOpsError(
    'APP_NO_PLATFORM',
    `${display(file, cwd)} gives no platform: create a Platform, and call platform.synth() or export it`,
  );
}
