import { assess, type Danger } from '../diff/dangers';
import { type DiffSummary, summarizeDiff } from '../diff/summary';
import type { FilePair, ObjectDiff } from '../diff/types';
import { type DesiredTree, recordOf } from '../model/section';
import { type ChangePlan, openRemote, planPublish, type Repository, readSource } from '../publish';
import { type AppOptions, loadTree } from './app';
import { withAppToken } from './app-token';
import { queryOf } from './forge';
import {
  type NarrowOptions,
  type SectionSummary,
  selectionOf,
  summarizeSections,
  type TargetOptions,
  targetOf,
} from './target';
import { generatorName } from './version';

export interface DiffOptions extends AppOptions, TargetOptions, NarrowOptions {}

export interface DiffResult {
  readonly repository: string;
  readonly branch: string;
  /** Commit that was compared with; null when the repository is empty. */
  readonly commit: string | null;
  /** Whether publishing would make a commit. */
  readonly changed: boolean;
  /** Clusters, environments and units that publishing would change. */
  readonly sections: readonly SectionSummary[];
  readonly summary: DiffSummary;
  /** Changes that deserve a second look. */
  readonly dangers: readonly Danger[];
  /** Every object that changes. Records and derived files are left out: they follow from the rest. */
  readonly objects: readonly ObjectDiff[];
}

/**
 * Runs the program, and compares what it declares with what the environment repository holds, object by object.
 * @throws GitOpsError as `loadTree` does, and as publishing does before it writes
 */
export async function diff(options: DiffOptions = {}): Promise<DiffResult> {
  const { cwd = process.cwd(), env = process.env, host, signal } = options;
  const reading = readSource(cwd, env);
  const tree = await loadTree(options);
  const source = await reading;
  const target = targetOf(tree, options);
  host?.progress?.({ phase: 'connect', message: `connecting to ${target.branch}` });
  const place = { url: target.url, env, signal };
  const repository = await openRemote(target, { env: await withAppToken(queryOf(tree, place), env, signal), signal });
  try {
    const plan = await planPublish(repository, tree, {
      branch: target.branch,
      stamp: { commit: source.commit, generator: generatorName() },
      selection: selectionOf(options),
    });
    host?.progress?.({ phase: 'compare', message: 'comparing objects' });
    const { objects, dangers } = assess(await filePairs(plan, tree, repository));
    const changed = plan.sections.filter(({ change }) => change !== 'unchanged');
    host?.progress?.({ phase: 'done', message: 'compared' });
    return {
      repository: target.url,
      branch: target.branch,
      commit: plan.base,
      changed: changed.length > 0,
      sections: summarizeSections(changed),
      summary: summarizeDiff(objects),
      dangers,
      objects,
    };
  } finally {
    await repository.close();
  }
}

/** Both versions of every file that the plan changes, records left out. */
async function filePairs(plan: ChangePlan, tree: DesiredTree, repository: Repository): Promise<FilePair[]> {
  const contents = new Map<string, string | Uint8Array>();
  for (const { files } of tree.sections) for (const [path, content] of files) contents.set(path, content);
  const changes = plan.sections.flatMap(({ owner, files }) => {
    const record = recordOf(owner);
    return files.filter(({ path }) => path !== record);
  });
  const before = await repository.readBlobs(changes.flatMap(({ before }) => before ?? []));
  return changes.map(({ path, before: old, change }) => ({
    path,
    ...(old === undefined ? {} : { before: before.get(old) }),
    ...(change === 'removed' ? {} : { after: contents.get(path) }),
  }));
}
