import { GitOpsError } from '../errors';
import type { Stamp } from './desired';
import type { Change, ChangePlan } from './plan';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

const TOOL: Identity = { name: 'cdk8s-gitops', email: 'cdk8s-gitops@users.noreply.github.com' };
/** Longest list of sections that a message's body spells out. */
const LISTED = 50;
/** Longest list of units that trailers name, 20 kB or so; the rest is counted, and told by the commit's files alone. */
const NAMED = 500;

/** Whom commits are by: what the caller says, else git's own variables, else the tool. */
export function identityOf(author: Identity | undefined, env: NodeJS.ProcessEnv): Identity {
  const identity = author ?? {
    name: env.GIT_AUTHOR_NAME || env.GIT_COMMITTER_NAME || TOOL.name,
    email: env.GIT_AUTHOR_EMAIL || env.GIT_COMMITTER_EMAIL || TOOL.email,
  };
  for (const [what, text] of Object.entries(identity)) {
    if (text.trim() === '' || /[<>\p{Cc}]/u.test(text)) {
      throw new GitOpsError(
        'CONFIG_INVALID',
        `the author's ${what} ${JSON.stringify(text.replace(/\p{C}/gu, '?'))} cannot be part of a commit: it is empty, or holds <, > or a control character; change it`,
      );
    }
  }
  return { name: identity.name.trim(), email: identity.email.trim() };
}

/** The author line of a commit. */
export function signature({ name, email }: Identity, at: Date): string {
  return `${name} <${email}> ${Math.floor(at.getTime() / 1000)} +0000`;
}

/** Longest line that is anybody's own words. */
const LONGEST = 500;

/** One line, whatever it was, without what a terminal would act on or a reader could not see. */
function oneLine(text: string): string {
  const line = text.replace(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function subject({ sections }: ChangePlan): string {
  const changed = sections.filter(({ change }) => change !== 'unchanged');
  const [only] = changed;
  if (changed.length === 1 && only !== undefined) {
    const verb = { added: 'add', changed: 'change', removed: 'remove', unchanged: '' }[only.change];
    return `${only.name}: ${verb} ${count(only.files.length, 'file')}`;
  }
  if (changed.length === 0) return 'README.md, .gitattributes, CODEOWNERS: the start of the repository';
  const names = changed.map(({ name }) => name).join(', ');
  const by = (change: Change) => changed.filter((section) => section.change === change).length;
  const counts = (['added', 'changed', 'removed'] as const)
    .filter((change) => by(change) > 0)
    .map((change) => `${by(change)} ${change}`)
    .join(', ');
  if (names.length <= 50) return `${names}: ${counts}`;
  const units = changed.flatMap(({ owner }) => (owner.kind === 'unit' ? [owner.environment] : []));
  const where = [...new Set(units)].join(', ');
  return `${where !== '' && where.length <= 40 ? where : 'platform'}: ${counts}`;
}

/**
 * Message of the commit that carries out a plan. The trailers say where it comes from, and name the units it changes.
 * @param source id of the source repository
 * @param more trailers
 */
export function commitMessage(
  plan: ChangePlan,
  source: string,
  { commit, sequence, outOfOrder, generator }: Stamp,
  more: readonly string[] = [],
): string {
  const changed = plan.sections.filter(({ change }) => change !== 'unchanged');
  const listed = changed.slice(0, LISTED).map(({ name, change, files }) => {
    return `${change.padEnd(7)} ${oneLine(name)} (${count(files.length, 'file')})`;
  });
  if (changed.length > LISTED) listed.push(`and ${changed.length - LISTED} more`);
  const units = changed.filter(({ owner }) => owner.kind === 'unit');
  const trailers = [
    `Source-Repository: ${oneLine(source)}`,
    ...(commit === undefined ? [] : [`Source-Commit: ${oneLine(commit)}`]),
    ...(sequence === undefined ? [] : [`Source-Sequence: ${sequence}`]),
    ...(outOfOrder ? ['Out-Of-Order: yes'] : []),
    `Generator: ${oneLine(generator)}`,
    ...units.slice(0, NAMED).map(({ name }) => `Unit: ${oneLine(name)}`),
    ...(units.length > NAMED ? [`More-Units: ${units.length - NAMED}`] : []),
    ...more.map(oneLine),
  ];
  return `${[oneLine(subject(plan)), listed.join('\n'), trailers.join('\n')].filter((part) => part !== '').join('\n\n')}\n`;
}
