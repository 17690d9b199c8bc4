import type { Octokit } from '@octokit/rest';
import { keyOf } from './content';
import { answerOf, fieldsOf } from './github-failures';
import { listOf, namesOf } from './github-pull';

/** Settings of the repository: rules of branches, deploy keys. */

interface Names {
  readonly owner: string;
  readonly repo: string;
}

/** Of the rules that a branch may be under, those that let people push to it. A rule that is not known here may not. */
const OPEN_RULES = new Set([
  'branch_name_pattern',
  'commit_author_email_pattern',
  'commit_message_pattern',
  'committer_email_pattern',
  'copilot_code_review',
  'creation',
  'deletion',
  'file_extension_restriction',
  'file_path_restriction',
  'max_file_path_length',
  'max_file_size',
  'non_fast_forward',
  'required_linear_history',
  'required_signatures',
  'tag_name_pattern',
]);

/** Whether branch protection or a ruleset keeps people from pushing to a branch. */
export async function isProtectedBranch(octokit: Octokit, names: Names, branch: string): Promise<boolean> {
  const known = await orAt404(() => octokit.rest.repos.getBranch({ ...names, branch }));
  if (fieldsOf(known?.data).protected === true) return true;
  try {
    // Rules also hold for a branch that is not there yet.
    const rules = await octokit.paginate(octokit.rest.repos.getBranchRules, { ...names, branch, per_page: 100 });
    return namesOf(listOf(rules, 'rules'), 'type').some((type) => !OPEN_RULES.has(type));
  } catch (error) {
    const { status, message } = answerOf(error);
    // Servers without rulesets do not know the address; plans without them say that one has to upgrade.
    if (status === 404 || (status === 403 && /upgrade/i.test(message))) return false;
    throw error;
  }
}

export interface DeployKey {
  readonly title: string;
  readonly publicKey: string;
  readonly readOnly: boolean;
}

type Fields = ReturnType<typeof fieldsOf>;

/** Adds a deploy key; one of the same title goes. False when it is there. */
export async function addDeployKey(octokit: Octokit, names: Names, wanted: DeployKey): Promise<boolean> {
  const { title, publicKey, readOnly } = wanted;
  const key = keyOf(publicKey);
  const keys = await octokit.paginate(octokit.rest.repos.listDeployKeys, { ...names, per_page: 100 });
  const known = listOf(keys, 'deploy keys').map(fieldsOf);
  const isSame = (one: Fields): boolean => typeof one.key === 'string' && keyOf(one.key) === key;
  if (known.some((one) => isSame(one) && one.read_only === readOnly)) return false;

  const remove = async (some: readonly Fields[]): Promise<void> => {
    for (const { id } of some) {
      if (typeof id === 'number') await octokit.rest.repos.deleteDeployKey({ ...names, key_id: id });
    }
  };
  // What a key may do cannot be changed, and no key can be there twice. One with another content goes when its
  // successor is there.
  await remove(known.filter(isSame));
  await octokit.rest.repos.createDeployKey({ ...names, title, key, read_only: readOnly });
  await remove(known.filter((one) => one.title === title && !isSame(one)));
  return true;
}

/** The answer, or undefined when there is no such thing. */
export async function orAt404<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (answerOf(error).status === 404) return undefined;
    throw error;
  }
}
