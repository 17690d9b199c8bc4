import { join, relative, resolve } from 'node:path';
import { GitOpsError } from '../errors';
import type { Issue } from '../gate';
import type { WrittenTree } from '../synth/output';
import { type AppOptions, loadTree } from './app';
import { readConfig } from './config';
import { countTree, type TreeCounts } from './counts';

export interface SynthOptions extends AppOptions {
  /** Folder to write to. @default - `output` of cdk8s.yaml, else `dist` */
  readonly output?: string;
}

export interface SynthResult extends TreeCounts {
  readonly platform: string;
  readonly source: string;
  /** The folder, relative to the working folder where it lies in it. */
  readonly output: string;
  /** Files that were written, removed, and left as they were. Paths are relative to the folder, sorted. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
  /** What the gate warns of. */
  readonly issues: readonly Issue[];
}

/**
 * Runs the program, and writes the tree to the output folder.
 * @throws GitOpsError as `loadTree` does; OUTPUT_FOREIGN_FILES, OUTPUT_UNWRITABLE
 */
export async function synth(options: SynthOptions = {}): Promise<SynthResult> {
  const { cwd = process.cwd(), host } = options;
  const output = options.output ?? readConfig(cwd)?.output ?? 'dist';
  const folder = resolve(cwd, output);
  if (relative(folder, cwd) === '' || !relative(folder, cwd).startsWith('..')) {
    throw new GitOpsError(
      'OUTPUT_FOREIGN_FILES',
      `the output folder ${output} holds the project: choose another folder`,
    );
  }
  const tree = await loadTree(options);
  options.signal?.throwIfAborted();
  const { writeTree } = await import('../synth/output.js');
  const shown = relative(cwd, folder).startsWith('..') ? folder : relative(cwd, folder);
  const counts = countTree(tree);
  host?.progress?.({ phase: 'write', message: `writing ${counts.objects} objects to ${join(shown, '/')}` });
  let written: WrittenTree;
  try {
    written = writeTree(tree, folder);
  } catch (cause) {
    if (GitOpsError.is(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GitOpsError('OUTPUT_UNWRITABLE', `the output folder ${shown} cannot be written: ${why}`, { cause });
  }
  return {
    platform: tree.platform,
    source: tree.source,
    output: shown,
    ...counts,
    ...written,
    issues: tree.issues ?? [],
  };
}
