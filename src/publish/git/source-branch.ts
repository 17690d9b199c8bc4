import { branchProblem } from './names';

/** What CI systems call the tag that they build. Nothing comes after a tag. */
const TAGS = [
  'CI_COMMIT_TAG',
  'BUILDKITE_TAG',
  'CIRCLE_TAG',
  'BITBUCKET_TAG',
  'TRAVIS_TAG',
  'DRONE_TAG',
  'SEMAPHORE_GIT_TAG_NAME',
  'TAG_NAME',
];

/** What they call the ref that they build, in full … */
const REFS = ['GITHUB_REF', 'BUILD_SOURCEBRANCH'];

/** … or the branch. */
const BRANCHES = [
  'GITHUB_REF_NAME',
  'CI_COMMIT_BRANCH',
  'BUILDKITE_BRANCH',
  'CIRCLE_BRANCH',
  'BITBUCKET_BRANCH',
  'TRAVIS_BRANCH',
  'DRONE_BRANCH',
  'SEMAPHORE_GIT_BRANCH',
  'BRANCH_NAME',
];

/**
 * The ref that a CI system builds, by the variables it sets.
 * @returns the full name; null for a tag, which never moves on; undefined when none of the known variables is there
 */
export function refOfCi(env: NodeJS.ProcessEnv): string | null | undefined {
  if (env.GITHUB_REF_TYPE === 'tag' || TAGS.some((name) => (env[name] ?? '') !== '')) return null;
  for (const name of REFS) {
    const ref = env[name] ?? '';
    if (ref.startsWith('refs/tags/')) return null;
    if (ref.startsWith('refs/') && branchProblem(ref) === undefined) return ref;
  }
  for (const name of BRANCHES) {
    const branch = env[name] ?? '';
    if (branch !== '' && branchProblem(branch) === undefined) return `refs/heads/${branch}`;
  }
  return undefined;
}
