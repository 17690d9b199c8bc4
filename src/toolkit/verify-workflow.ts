import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GitOpsError } from '../errors';
import { branchProblem } from '../publish/git/names';
import type { VerbOptions } from './host';
import { packageVersion } from './version';

export const CI_SYSTEMS = ['github', 'gitlab', 'gitea'] as const;
export type CiSystem = (typeof CI_SYSTEMS)[number];

export interface ScaffoldOptions extends VerbOptions {
  readonly system: CiSystem;
  /** A clone of the environment repository. @default - the one around `cwd` */
  readonly dir?: string;
  /** Branch that agents read. @default main */
  readonly branch?: string;
}

export interface ScaffoldResult {
  /** Path in the clone. */
  readonly file: string;
  readonly change: 'added' | 'changed' | 'unchanged';
}

/** Starts every workflow of ours. A file without it is somebody else's. */
const MARKER = '# Written by cdk8s-gitops verify --scaffold';

/** Where the workflows lie. */
export const WORKFLOWS: Readonly<Record<CiSystem, string>> = {
  github: '.github/workflows/verify.yaml',
  gitlab: '.gitlab-ci.yml',
  gitea: '.gitea/workflows/verify.yaml',
};

/** Whether a workflow in an environment repository was written here. */
export function isWorkflow(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, MARKER.length)).toString('utf8') === MARKER;
}

/**
 * Writes the workflow that verifies the environment repository in its own CI into a clone, to be committed by people. It
 * needs no secrets, and may do nothing but read.
 * @throws GitOpsError OUTPUT_FOREIGN_FILES when something else lies there; REMOTE_NOT_A_REPOSITORY outside a clone;
 * OUTPUT_UNWRITABLE; REMOTE_INVALID when the branch cannot be one
 */
export function scaffoldWorkflow(options: ScaffoldOptions): ScaffoldResult {
  const { system, cwd = process.cwd(), dir = '.', branch = 'main' } = options;
  const problem = branchProblem(branch);
  if (problem !== undefined) {
    throw new GitOpsError('REMOTE_INVALID', `${JSON.stringify(branch)} cannot be a branch: ${problem}; name another`);
  }
  const root = cloneAround(resolve(cwd, dir));
  const file = WORKFLOWS[system];
  const content = TEXTS[system](branch, packageVersion());
  const before = existing(root, file);
  if (before === content) return { file, change: 'unchanged' };
  const path = join(root, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content, { flag: 'wx' });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw new GitOpsError('OUTPUT_UNWRITABLE', `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return { file, change: before === undefined ? 'added' : 'changed' };
}

function cloneAround(start: string): string {
  for (let at = start; ; at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return at;
    if (dirname(at) === at) break;
  }
  throw new GitOpsError(
    'REMOTE_NOT_A_REPOSITORY',
    `${start} is not in a clone with a work tree; run this in a clone of the environment repository`,
  );
}

/** What lies there now. No link is followed: the repository may lead anywhere with one. */
function existing(root: string, file: string): string | undefined {
  const parts = file.split('/');
  for (let length = 1; length <= parts.length; length++) {
    const path = parts.slice(0, length).join('/');
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const isRight = length < parts.length ? stat.isDirectory() : stat.isFile();
    if (!isRight) throw foreign(path, length < parts.length ? 'is not a folder' : 'is not a file');
  }
  const content = readFileSync(join(root, file));
  if (!isWorkflow(content)) throw foreign(file, 'was not written by this command');
  return content.toString('utf8');
}

function foreign(path: string, why: string): GitOpsError {
  return new GitOpsError('OUTPUT_FOREIGN_FILES', `${path} ${why}, and is left alone; move it, and run this again`);
}

/** Run from elsewhere, and told where the clone is: what lies in it must not tell npm, or this tool, what to run. */
const command = (version: string, clone: string): string => `npx --yes cdk8s-gitops@${version} verify "$${clone}"`;

interface Actions {
  readonly checkout: string;
  readonly node: string;
}

/** A workflow as GitHub reads it. Actions are pinned by their commits: a tag can be moved. */
function workflow(system: CiSystem, branch: string, version: string, actions: Actions): string {
  return `${MARKER} ${system}, which may write it again: changes are lost then.
name: verify
on:
  push:
    branches: [${JSON.stringify(branch)}]
  pull_request:
permissions:
  contents: read
jobs:
  verify:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@${actions.checkout}
        with:
          # What a file was before somebody edited it is found in the history.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-node@${actions.node}
        with:
          node-version: '24'
      - run: ${command(version, 'GITHUB_WORKSPACE')}
        working-directory: \${{ runner.temp }}
`;
}

const TEXTS: Readonly<Record<CiSystem, (branch: string, version: string) => string>> = {
  github: (branch, version) =>
    workflow('github', branch, version, {
      checkout: '3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
      node: '820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
    }),
  // Its runners are not as far.
  gitea: (branch, version) =>
    workflow('gitea', branch, version, {
      checkout: '11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2',
      node: '49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0',
    }),
  gitlab: (branch, version) => `${MARKER} gitlab, which may write it again: changes are lost then.
verify:
  image: node:24
  timeout: 10 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == ${JSON.stringify(branch)}
  variables:
    # What a file was before somebody edited it is found in the history.
    GIT_DEPTH: '0'
  script:
    - cd /tmp
    - ${command(version, 'CI_PROJECT_DIR')}
`,
};
