import { branch, deployKey, mergeRequestBasic, mergeRequestFull, note, protectedBranch, userBasic } from './answers';
import type { ApiAnswer } from './openapi';
import { headOf } from './repository';
import { type MergeRequest, type Project, ROLES, type User } from './state';

/** What GitLab does for each operation, by its name in `openapi.json`. */

export interface Call {
  readonly project: Project;
  readonly user: User;
  /** GitLab's number for the role of the user in the project. */
  readonly role: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

type Act = (call: Call) => ApiAnswer;

const WORDS: Readonly<Record<number, string>> = {
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not found',
  405: '405 Method Not Allowed',
};

export function refused(status: number, message: unknown = WORDS[status]): ApiAnswer {
  return { status, body: { message } };
}

/** The answer only for those who have the role. */
function from(lowest: keyof typeof ROLES, act: Act): Act {
  return (call) => (call.role < ROLES[lowest] ? refused(403) : act(call));
}

function onMergeRequest(act: (call: Call, mergeRequest: MergeRequest) => ApiAnswer): Act {
  return (call) => {
    const { project, parameters } = call;
    const found = project.mergeRequests.find(({ iid }) => iid === Number(parameters.merge_request_iid));
    return found === undefined ? refused(404) : act(call, found);
  };
}

function full({ project, role }: Call, mergeRequest: MergeRequest, status = 200): ApiAnswer {
  return { status, body: mergeRequestFull(project, mergeRequest, mayMerge(project, role, mergeRequest.base)) };
}

function mayMerge(project: Project, role: number, base: string): boolean {
  return role >= (project.protectionsOf(base).length > 0 ? ROLES.maintainer : ROLES.developer);
}

function namesOf(value: unknown): string[] {
  const names = Array.isArray(value) ? value.map(String) : String(value ?? '').split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** Who may see the project, as many as its plan allows, in the order of the list. */
function reviewersOf({ project }: Call, ids: unknown): User[] {
  const known = (ids as number[]).map((id) => project.users.find((user) => user.id === id && user.role !== undefined));
  return known.filter((user) => user !== undefined).slice(0, project.mostReviewers);
}

/** What the fake does something about. Anything else would be passed over in silence. */
const FIELDS = new Set(
  'title description labels add_labels reviewer_ids state_event source_branch target_branch'.split(' '),
);

function change(call: Call, mergeRequest: MergeRequest): void {
  const { project, body } = call;
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) throw new Error(`${field} is not done yet`);
  if (body.state_event === 'reopen') throw new Error('reopening is not done yet');
  if (body.title !== undefined) mergeRequest.title = String(body.title).trim();
  if (body.description !== undefined) {
    mergeRequest.description = project.withoutCommands(String(body.description), mergeRequest);
  }
  const added = [...namesOf(body.labels), ...namesOf(body.add_labels)];
  for (const label of added) project.labels.add(label);
  const kept = body.labels === undefined ? mergeRequest.labels : [];
  mergeRequest.labels = [...new Set([...kept, ...added])];
  if (body.reviewer_ids !== undefined) mergeRequest.reviewers = reviewersOf(call, body.reviewer_ids);
  if (body.state_event === 'close' && mergeRequest.state === 'opened') mergeRequest.state = 'closed';
}

/** A page of a list, with the headers that GitLab says it in. */
function page<T>({ query }: Call, all: readonly T[], show: (one: T, index: number) => unknown): ApiAnswer {
  const size = Number(query.per_page ?? 20);
  const number = Number(query.page ?? 1);
  const pages = Math.max(1, Math.ceil(all.length / size));
  const link = (relation: string, target: number): string => {
    const search = new URLSearchParams({ ...query, page: String(target), per_page: String(size) });
    return `<https://gitlab.test/api/v4/somewhere?${search}>; rel="${relation}"`;
  };
  const links = [link('first', 1), link('last', pages)];
  if (number < pages) links.unshift(link('next', number + 1));
  return {
    status: 200,
    body: all.slice((number - 1) * size, number * size).map(show),
    headers: {
      link: links.join(', '),
      'x-next-page': number < pages ? String(number + 1) : '',
      'x-page': String(number),
      'x-per-page': String(size),
      'x-prev-page': number > 1 ? String(number - 1) : '',
      'x-total': String(all.length),
      'x-total-pages': String(pages),
    },
  };
}

function accept(call: Call, mergeRequest: MergeRequest): ApiAnswer {
  const { project, role, body } = call;
  const { base, lastHead } = mergeRequest;
  if (body.squash !== undefined || body.should_remove_source_branch !== undefined) throw new Error('not done yet');
  if (!mayMerge(project, role, base)) return refused(401);
  const isMergeable = project.statusOf(mergeRequest) === 'mergeable';
  const isLater = body.auto_merge === true || body.merge_when_pipeline_succeeds === true;
  // A merge request that could be merged now has nothing to wait for, unless a pipeline has passed.
  const hasPipeline = project.protectionsOf(base).some(({ checks }) => checks.length > 0);
  const isNow = isMergeable && (!isLater || hasPipeline);
  if (!isNow && !(isLater && project.mayWait(mergeRequest))) return refused(405);
  if (body.sha !== undefined && body.sha !== lastHead) {
    return refused(409, `SHA does not match HEAD of source branch: ${lastHead}`);
  }
  if (isNow) project.merge(mergeRequest);
  else mergeRequest.waitsWith = lastHead;
  return full(call, mergeRequest);
}

export const OPERATIONS: Readonly<Record<string, Act>> = {
  listMergeRequests: (call) => {
    const { project, query } = call;
    const { state = 'all', source_branch: head, target_branch: base, sort = 'desc' } = query;
    if ((query.order_by ?? 'created_at') !== 'created_at') throw new Error('no other order is done yet');
    if (query.source_project_id !== undefined) throw new Error('source_project_id is not done yet');
    const found = project.mergeRequests
      .filter((one) => head === undefined || one.head === head)
      .filter((one) => base === undefined || one.base === base)
      .filter((one) => state === 'all' || one.state === state)
      .sort((one, other) => (sort === 'asc' ? 1 : -1) * one.createdAt.localeCompare(other.createdAt));
    const answer = page(call, found, (one) => mergeRequestBasic(project, one));
    for (const one of found) progress(one);
    return answer;
  },

  createMergeRequest: from('developer', (call) => {
    const { project, user, body } = call;
    const [head, base] = [String(body.source_branch), String(body.target_branch)];
    for (const [field, name] of Object.entries({ source_branch: head, target_branch: base })) {
      if (headOf(project.bare, name) === undefined) return refused(400, { [field]: ['does not exist'] });
    }
    const source = { id: project.id, bare: project.bare };
    const other = project.mergeRequests.find(
      (one) => one.state === 'opened' && one.source.id === project.id && one.head === head && one.base === base,
    );
    if (other !== undefined) {
      return refused(409, [`Another open merge request already exists for this source branch: !${other.iid}`]);
    }
    const mergeRequest = project.open({ head, base, source, author: user, title: String(body.title) });
    change(call, mergeRequest);
    return full(call, mergeRequest, 201);
  }),

  getMergeRequest: onMergeRequest((call, mergeRequest) => {
    const answer = full(call, mergeRequest);
    progress(mergeRequest);
    return answer;
  }),

  updateMergeRequest: from(
    'developer',
    onMergeRequest((call, mergeRequest) => {
      change(call, mergeRequest);
      return full(call, mergeRequest);
    }),
  ),

  acceptMergeRequest: onMergeRequest(accept),

  createNote: onMergeRequest((call, mergeRequest) => {
    const { project, user } = call;
    const body = project.withoutCommands(String(call.body.body), mergeRequest);
    const created = { id: project.nextId(), author: user, body };
    mergeRequest.notes.push(created);
    return { status: 201, body: note(project, mergeRequest, created) };
  }),

  listUsers: (call) => {
    const name = call.query.username?.toLowerCase();
    const found = call.project.users.filter(({ username }) => name === undefined || username.toLowerCase() === name);
    return page(call, found, userBasic);
  },

  getBranch: ({ project, role, parameters }) => {
    const { branch: name = '' } = parameters;
    const commit = headOf(project.bare, name);
    if (commit === undefined) return refused(404, '404 Branch Not Found');
    return { status: 200, body: branch(project, name, commit, role) };
  },

  listProtectedBranches: from('maintainer', (call) => page(call, call.project.protections, protectedBranch)),

  listDeployKeys: from('maintainer', (call) => page(call, call.project.deployKeys, deployKey)),

  createDeployKey: from('maintainer', ({ project, body }) => {
    const key = String(body.key).trim();
    const known = project.deployKeys.find((one) => one.key === key);
    if (known !== undefined) return { status: 201, body: deployKey(known) };
    const created = { id: project.nextId(), title: String(body.title), key, canPush: body.can_push === true };
    project.deployKeys.push(created);
    return { status: 201, body: deployKey(created) };
  }),

  updateDeployKey: from('maintainer', ({ project, parameters, body }) => {
    const known = project.deployKeys.find(({ id }) => id === Number(parameters.key_id));
    if (known === undefined) return refused(404);
    if (body.can_push !== undefined) known.canPush = body.can_push === true;
    return { status: 200, body: deployKey(known) };
  }),

  deleteDeployKey: from('maintainer', ({ project, parameters }) => {
    const kept = project.deployKeys.filter(({ id }) => id !== Number(parameters.key_id));
    if (kept.length === project.deployKeys.length) return refused(404);
    project.deployKeys = kept;
    return { status: 204 };
  }),
};

/** What goes on in the background gets ahead with each look. */
function progress(mergeRequest: MergeRequest): void {
  if (mergeRequest.checking > 0) mergeRequest.checking--;
  if (mergeRequest.locked > 0 && --mergeRequest.locked === 0) mergeRequest.state = 'opened';
}
