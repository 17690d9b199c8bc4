import { GitOpsError } from '../../errors';
import { type GitLabConnection, GitLabFailure, resourceOptions } from './gitlab-requests';

/** The parts of GitLab's API that are used. Loading them takes longer than most commands that need no forge. */
export async function loadGitLabApi(connection: GitLabConnection) {
  const { Branches, DeployKeys, MergeRequestNotes, MergeRequests, ProtectedBranches, Users } = await import(
    '@gitbeaker/rest'
  );
  const options = resourceOptions(connection);
  return {
    branches: new Branches(options),
    deployKeys: new DeployKeys(options),
    mergeRequests: new MergeRequests(options),
    notes: new MergeRequestNotes(options),
    protectedBranches: new ProtectedBranches(options),
    users: new Users(options),
  };
}

export type GitLabApi = Awaited<ReturnType<typeof loadGitLabApi>>;

/** A project, and the way to it. */
export interface GitLabProject {
  readonly api: GitLabApi;
  /** Path with every group: `acme/platform/environments`. */
  readonly project: string;
  /** Its page, for messages. */
  readonly where: string;
  /** Milliseconds before something is looked at again, twice that before the next look. */
  readonly minDelay: number;
  readonly signal?: AbortSignal;
}

/** Entries on a page, and pages of one list that are read at most. */
const PAGE = { perPage: 50, most: 100 };

/** One page of a list, as gitbeaker gives it. */
interface Page {
  readonly data: unknown;
  readonly paginationInfo: { readonly next: number | null };
}

/**
 * The pages of a list, one after the other.
 * @throws GitOpsError FORGE_REJECTED when there is no end to them
 */
export async function* pagesOf(
  ask: (page: { readonly page: number; readonly perPage: number; readonly showExpanded: true }) => Promise<Page>,
): AsyncGenerator<unknown> {
  const { perPage, most } = PAGE;
  for (let page = 1; page <= most; page++) {
    const { data, paginationInfo } = await ask({ page, perPage, showExpanded: true });
    yield data;
    if (paginationInfo.next === null) return;
  }
  throw new GitOpsError(
    'FORGE_REJECTED',
    `GitLab lists more than ${perPage * most} entries, which are not read any further`,
  );
}

/** The answer, or undefined where the status is this one. */
export async function orWhen<T>(status: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitLabFailure && error.status === status) return undefined;
    throw error;
  }
}

/**
 * The address of an installation, without a slash at its end.
 * @throws GitOpsError CONFIG_INVALID when it cannot be one
 */
export function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['https:', 'http:'].includes(parsed.protocol)) {
    throw new GitOpsError(
      'CONFIG_INVALID',
      "the address of GitLab is none; it looks like 'https://gitlab.example.com'",
    );
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new GitOpsError('CONFIG_INVALID', 'the address of GitLab holds credentials or a query; take them out');
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}

/**
 * The path of a project, as it is.
 * @throws GitOpsError CONFIG_INVALID when it cannot be one
 */
export function projectOf(path: string): string {
  const names = path.split('/');
  const isName = (name: string): boolean => /^[A-Za-z0-9_.-]+$/.test(name) && !/^\.+$/.test(name);
  if (names.length >= 2 && names.every(isName)) return path;
  const shown = JSON.stringify(path).slice(0, 200);
  throw new GitOpsError('CONFIG_INVALID', `${shown} cannot be the path of a project at GitLab, such as acme/shop`);
}
