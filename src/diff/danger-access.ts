import { type Finding, listAt, mapAt, type ObjectVersions } from './danger-rules';
import { isMap, type JsonMap } from './fingerprint';

/** Who may do what: Roles and their bindings. */

const GROUP = 'rbac.authorization.k8s.io';
/** Combinations that are looked at one by one; beyond, only that rules changed is told. */
const MAX_COMBINATIONS = 20_000;
/** Additions that a message names. */
const NAMED = 5;

/** Verbs by which whoever has them gets more than is written down. */
const ESCALATING = new Set(['*', 'bind', 'escalate', 'impersonate']);
/** Groups that nearly everybody is in, and the one that may do everything. */
const BROAD_GROUPS = /^system:(?:authenticated|masters|serviceaccounts|unauthenticated)$/;
/** Roles of Kubernetes itself that let do nearly everything. */
const MIGHTY = new Set(['cluster-admin', 'admin', 'edit', 'system:masters']);

export function accessDangers(versions: ObjectVersions): Finding[] {
  if (versions.group !== GROUP || versions.after === undefined) return [];
  switch (versions.kind) {
    case 'Role':
    case 'ClusterRole':
      return roleDangers(versions.before, versions.after).map(widened);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return bindingDangers(versions.kind, versions.before, versions.after).map(widened);
    default:
      return [];
  }
}

function widened(message: string): Finding {
  return { rule: 'access-widened', message };
}

/** One thing that may be done. `name` is empty where any name will do. */
interface Permission {
  readonly verb: string;
  /** `group/resource`, or a path of its own. */
  readonly target: string;
  readonly name: string;
}

function roleDangers(before: JsonMap | undefined, after: JsonMap): string[] {
  const found: string[] = [];
  if (
    isMap(after.aggregationRule) &&
    JSON.stringify(after.aggregationRule) !== JSON.stringify(before?.aggregationRule)
  ) {
    found.push('its rules are collected from other roles');
  }
  const rules = listAt(after, 'rules').filter(isMap);
  const known = before === undefined ? [] : listAt(before, 'rules').filter(isMap);
  const now = permissionsOf(rules);
  if (now === undefined) {
    return JSON.stringify(rules) === JSON.stringify(known)
      ? found
      : [...found, 'its rules changed; they are too many to compare'];
  }
  const isNew = now.filter((permission) => !known.some((rule) => allows(rule, permission)));
  // That a new role lets do something is what it is for; that it lets do anything is not.
  const told = before === undefined ? isNew.filter(isBroad) : isNew;
  if (told.length === 0) return found;
  const named = [...new Set(told.map(describe))];
  const more = named.length > NAMED ? `, and ${named.length - NAMED} more` : '';
  return [...found, `may now ${named.slice(0, NAMED).join(', ')}${more}`];
}

function permissionsOf(rules: readonly JsonMap[]): Permission[] | undefined {
  const permissions: Permission[] = [];
  for (const rule of rules) {
    const names = texts(rule, 'resourceNames');
    const targets = targetsOf(rule);
    const verbs = texts(rule, 'verbs');
    if (permissions.length + verbs.length * targets.length * Math.max(names.length, 1) > MAX_COMBINATIONS)
      return undefined;
    for (const verb of verbs) {
      for (const target of targets) {
        for (const name of names.length === 0 ? [''] : names) permissions.push({ verb, target, name });
      }
    }
  }
  return permissions;
}

function targetsOf(rule: JsonMap): string[] {
  const groups = texts(rule, 'apiGroups');
  const resources = texts(rule, 'resources');
  return [
    ...groups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
    ...texts(rule, 'nonResourceURLs').map((url) => `url ${url}`),
  ];
}

/** Whether one rule lets do all of it: what only several do together counts as new, which errs on the side of telling. */
function allows(rule: JsonMap, { verb, target, name }: Permission): boolean {
  const names = texts(rule, 'resourceNames');
  return (
    texts(rule, 'verbs').some((each) => each === '*' || each === verb) &&
    targetsOf(rule).some((each) => covers(each, target)) &&
    (names.length === 0 || (name !== '' && names.includes(name)))
  );
}

function covers(known: string, target: string): boolean {
  if (known === target) return true;
  if (known.startsWith('url ') || target.startsWith('url ')) {
    return known.startsWith('url ') && known.endsWith('*') && target.startsWith(known.slice(0, -1));
  }
  const [group = '', resource = ''] = splitTarget(known);
  const [wantedGroup = '', wanted = ''] = splitTarget(target);
  const [, subresource] = wanted.split('/');
  return (
    (group === '*' || group === wantedGroup) &&
    (resource === '*' || resource === wanted || (subresource !== undefined && resource === `*/${subresource}`))
  );
}

function splitTarget(target: string): [group: string, resource: string] {
  const slash = target.indexOf('/');
  return [target.slice(0, slash), target.slice(slash + 1)];
}

function isBroad({ verb, target, name }: Permission): boolean {
  const [, resource] = splitTarget(target);
  const isWide = !target.startsWith('url ') && resource === '*';
  return ESCALATING.has(verb) || isWide || (target === '/secrets' && name === '' && verb !== 'create');
}

function describe({ verb, target, name }: Permission): string {
  const plain = target.startsWith('url ') ? target.slice('url '.length) : target.replace(/^\//, '');
  return `${verb} ${plain}${name === '' ? '' : ` ${name}`}`;
}

function bindingDangers(kind: string, before: JsonMap | undefined, after: JsonMap): string[] {
  const role = String(mapAt(after, 'roleRef').name ?? '');
  const known = new Set(before === undefined ? [] : listAt(before, 'subjects').filter(isMap).map(subjectOf));
  const subjects = listAt(after, 'subjects').filter(isMap).map(subjectOf);
  const added = subjects.filter((subject) => !known.has(subject));
  const oldRole = String(before === undefined ? '' : (mapAt(before, 'roleRef').name ?? ''));
  const isMighty = MIGHTY.has(role);
  if (before !== undefined && oldRole !== role && isMighty) return [`binds ${list(subjects)} to ${role}`];
  if (added.length === 0) return [];
  // A binding that is new within a namespace belongs to what is new there.
  const isTold = before !== undefined || kind === 'ClusterRoleBinding' || isMighty;
  const everybody = added.filter((subject) => BROAD_GROUPS.test(subject.replace(/^Group /, '')));
  const told = isTold ? added : everybody;
  return told.length === 0 ? [] : [`binds ${list(told)} to ${role}`];
}

function subjectOf(subject: JsonMap): string {
  const namespace = typeof subject.namespace === 'string' ? `${subject.namespace}/` : '';
  return `${subject.kind} ${namespace}${subject.name}`;
}

function list(names: readonly string[]): string {
  return `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? `, and ${names.length - NAMED} more` : ''}`;
}

function texts(map: JsonMap, key: string): string[] {
  return listAt(map, key).filter((item) => typeof item === 'string');
}
