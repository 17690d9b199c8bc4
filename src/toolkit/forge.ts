import { GitOpsError } from '../errors';
import { FORGE_KINDS, type ForgeChoice } from '../model/forge';
import type { DesiredTree } from '../model/section';
import type { Forge } from '../publish/forge/forge';
import { forgeToken, openForge } from '../publish/forge/open';
import { isSelected, type Selection } from '../publish/selection';

export interface ForgeOptions {
  /** URL of the environment repository. */
  readonly url: string;
  /** As it was said on the command line. @default - as the program declares it */
  readonly kind?: string;
  readonly selection?: Selection;
  readonly dryRun?: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** How long the forge may take to say whether the branch is protected, in milliseconds. */
const PATIENCE = 5_000;

/**
 * Opens the forge on which the environment repository lies. It has to be there when something that is to be published is
 * delivered by pull request. Otherwise it is welcome: for what a program declares no more, records say how it is delivered.
 * @throws GitOpsError as `openForge` does, when it has to be there
 */
export async function forgeFor(tree: DesiredTree, options: ForgeOptions): Promise<Forge | undefined> {
  if (options.dryRun !== true && isNeeded(tree, options.selection)) return await openForge(queryOf(tree, options));
  if (forgeToken(options.env) === undefined) {
    // What was typed wrong is said all the same.
    checkKind(options.kind);
    return undefined;
  }
  return await whereItIs(tree, options);
}

/**
 * Whether the forge keeps people from pushing to the branch. What is not known for sure is taken for protected.
 */
export async function isBranchProtected(
  tree: DesiredTree,
  branch: string,
  options: ForgeOptions,
): Promise<boolean | undefined> {
  const { env, signal } = options;
  if (forgeToken(env) === undefined) return undefined;
  const patience = AbortSignal.timeout(PATIENCE);
  const forge = await whereItIs(tree, {
    ...options,
    signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
  });
  try {
    return await forge?.isProtected(branch);
  } catch {
    signal?.throwIfAborted();
    return true;
  }
}

/** The forge, if there is one that can be opened. */
async function whereItIs(tree: DesiredTree, options: ForgeOptions): Promise<Forge | undefined> {
  try {
    return await openForge(queryOf(tree, options));
  } catch (error) {
    if (error instanceof GitOpsError && error.code !== 'FORGE_UNKNOWN') return undefined;
    throw error;
  }
}

/** What says on which forge the environment repository lies. */
export function queryOf(tree: DesiredTree, { url, kind, env, signal }: ForgeOptions) {
  const declared: ForgeChoice = tree.repository.forge ?? {};
  // What was declared is about the repository that was declared.
  const { apiUrl, kind: otherwise } = url === tree.repository.url ? declared : { ...declared, apiUrl: undefined };
  return { url, kind: kind ?? otherwise, apiUrl, env, signal };
}

function checkKind(kind: string | undefined): void {
  if (kind === undefined || FORGE_KINDS.some((known) => known === kind)) return;
  throw new GitOpsError('FORGE_UNKNOWN', `there is no forge '${kind}'; use one of ${FORGE_KINDS.join(', ')}`);
}

/** Whether something that is declared, and in scope, is delivered by pull request. */
function isNeeded(
  { sections, environments = {}, clusters = {} }: DesiredTree,
  selection: Selection | undefined,
): boolean {
  return sections.some(({ owner }) => {
    if (owner.kind === 'folder' || !isSelected(selection, owner)) return false;
    const rules = owner.kind === 'cluster' ? clusters[owner.cluster] : environments[owner.environment];
    return rules?.delivery.kind === 'pullRequest';
  });
}
