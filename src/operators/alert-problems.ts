import type { Construct } from 'constructs';
import type { ConstructProblem } from '../constructs/problems';
import { declarationOf, type PlatformDeclaration } from '../model/declaration';
import {
  ALERT_CONDITIONS,
  type Alert,
  type AlertCondition,
  alertName,
  DEFAULT_KEYS,
  forgeRepository,
  type SecretField,
  secondsIn,
} from './alerts';

const invalid = (message: string): ConstructProblem => ({ code: 'ALERT_INVALID', message });
const literal = (message: string): ConstructProblem => ({ code: 'ALERT_SECRET', message });
export const unsupported = (message: string): ConstructProblem => ({ code: 'ALERT_UNSUPPORTED', message });

const REQUIRED: Readonly<Record<Alert['kind'], readonly SecretField[]>> = {
  slack: ['token'],
  teams: ['webhook'],
  webhook: [],
  email: [],
  commitStatus: ['token'],
};

/**
 * What is wrong with alerts, whatever a program without types may have passed.
 *
 * @param operator the construct that they are props of
 * @param own what is wrong with an alert that is well-formed for this operator in particular
 */
export function alertProblems(
  operator: Construct,
  alerts: readonly Alert[] | undefined,
  own: (alert: Alert) => readonly ConstructProblem[],
): ConstructProblem[] {
  if (alerts === undefined) return [];
  if (!Array.isArray(alerts)) return [invalid('`alerts` is a list: write [Alert.slack(…), …]')];
  const { environments, repository } = surroundingsOf(operator);
  const problems: ConstructProblem[] = [];
  const names = new Set<string>();
  for (const [index, alert] of (alerts as readonly Alert[]).entries()) {
    const where = `alerts[${index}]`;
    if (typeof alert !== 'object' || alert === null || !Object.hasOwn(REQUIRED, alert.kind)) {
      problems.push(
        invalid(`${where} is no alert: write one of Alert.${Object.keys(REQUIRED).join('(…), Alert.')}(…)`),
      );
      continue;
    }
    const found = [
      ...scopeProblems(alert, environments),
      ...secretProblems(alert),
      ...destinationProblems(alert, repository),
    ];
    if (found.length === 0) found.push(...own(alert));
    const name = alertName(alert);
    if (found.length === 0 && names.has(name)) found.push(invalid('is there twice: leave out one of them'));
    names.add(name);
    for (const { code, message } of found) problems.push({ code, message: `${where} (${alert.kind}) ${message}` });
  }
  return problems;
}

/** What alerts refer to: environments of the platform, wherever they run, and its repository. */
function surroundingsOf(operator: Construct): { environments: Set<string>; repository: string } {
  const environments = new Set<string>();
  for (const construct of operator.node.root.node.findAll()) {
    const declaration = declarationOf(construct);
    if (declaration?.kind === 'environment') environments.add(declaration.name);
  }
  const platform = operator.node.scopes
    .map((scope) => declarationOf(scope))
    .find((declaration): declaration is PlatformDeclaration => declaration?.kind === 'platform');
  return { environments, repository: platform?.repository.url ?? '' };
}

function scopeProblems(alert: Alert, known: ReadonlySet<string>): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  const { environments, severity, on, heldLongerThan } = alert;
  if (environments !== undefined) {
    const names: readonly unknown[] = Array.isArray(environments) ? environments : [];
    if (names.length === 0) problems.push(invalid('is about no `environments`: name some, or leave it out for all'));
    for (const name of names) {
      if (typeof name === 'string' && known.has(name)) continue;
      const there = [...known].sort().join(', ');
      problems.push(invalid(`names an unknown environment '${name}': there ${there ? `are ${there}` : 'is none'}`));
    }
  }
  if (severity !== undefined && severity !== 'error' && severity !== 'info') {
    problems.push(invalid(`has an unknown \`severity\` '${severity}': write 'error' or 'info'`));
  }
  if (on !== undefined) {
    const conditions: readonly unknown[] = Array.isArray(on) ? on : [];
    if (conditions.length === 0) problems.push(invalid('tells of nothing: name conditions in `on`, or leave it out'));
    for (const condition of conditions) {
      if (ALERT_CONDITIONS.includes(condition as AlertCondition)) continue;
      problems.push(
        invalid(`has an unknown condition '${condition}' in \`on\`: there are ${ALERT_CONDITIONS.join(', ')}`),
      );
    }
  }
  if (heldLongerThan !== undefined && secondsIn(String(heldLongerThan)) === undefined) {
    problems.push(invalid(`has no duration in \`heldLongerThan\`: write it like '90s', '30m' or '2h'`));
  }
  return problems;
}

/** References are never quoted: what is no reference may be the secret itself. */
function secretProblems(alert: Alert): ConstructProblem[] {
  const given = alert as unknown as Partial<Record<SecretField, unknown>>;
  const problems: ConstructProblem[] = [];
  for (const field of Object.keys(DEFAULT_KEYS) as SecretField[]) {
    const value = given[field];
    const isText = typeof value === 'string';
    if (value === undefined) {
      if (REQUIRED[alert.kind].includes(field)) {
        problems.push(
          invalid(`has no \`${field}\`: refer to a Secret in the operator's namespace, as { secret, key }`),
        );
      }
    } else if (isText && !(field === 'url' && alert.kind === 'webhook')) {
      problems.push(
        literal(`has \`${field}\` as text: a secret is never part of the program, refer to it as { secret, key }`),
      );
    } else if (!isText && !isReference(value)) {
      problems.push(invalid(`has a \`${field}\` that names no key of a Secret: write { secret: 'name', key: 'key' }`));
    }
  }
  return problems;
}

function isReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { secret, key, ...others } = value as { readonly secret?: unknown; readonly key?: unknown };
  return (
    typeof secret === 'string' &&
    secret.length <= 253 &&
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(secret) &&
    (key === undefined || (typeof key === 'string' && /^[\w.-]{1,253}$/.test(key))) &&
    Object.keys(others).length === 0
  );
}

function destinationProblems(alert: Alert, repository: string): ConstructProblem[] {
  switch (alert.kind) {
    case 'slack': {
      const { channel } = alert;
      return typeof channel === 'string' && /^[#@]?[^\s#@:,$]{1,80}$/.test(channel)
        ? []
        : [invalid("names no channel: write one like '#deploys'")];
    }
    case 'teams':
      return [];
    case 'webhook':
      return typeof alert.url === 'string' ? urlProblems(alert.url) : alert.url ? [] : [invalid('has no `url`')];
    case 'email':
      return emailProblems(alert);
    case 'commitStatus': {
      if (!['github', 'gitlab', 'gitea'].includes(alert.forge)) {
        return [invalid(`has an unknown \`forge\`: there are github, gitlab, gitea`)];
      }
      const from = forgeRepository(String(alert.repository ?? repository));
      if (from === undefined) {
        return [invalid("cannot tell the forge's address: write `repository` as 'https://host/owner/name'")];
      }
      return alert.forge === 'gitlab' || from.path.split('/').length === 2
        ? []
        : [invalid(`has a \`repository\` that is not of the form 'https://host/owner/name'`)];
    }
  }
}

/** Services whose addresses are secrets: whoever knows one may post. */
const SECRET_HOSTS =
  /(^|\.)(hooks\.slack\.com|discord(app)?\.com|webhook\.office\.com|logic\.azure\.com|powerautomate\.com|powerplatform\.com|flow\.microsoft\.com|chat\.googleapis\.com|events\.pagerduty\.com)$/i;

function urlProblems(text: string): ConstructProblem[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || text.includes('$') || /\s/.test(text)) {
    return [invalid('has no address in `url`: write one like https://hooks.acme.io/alerts')];
  }
  const isSecret =
    url.username !== '' ||
    url.password !== '' ||
    SECRET_HOSTS.test(url.hostname) ||
    [...url.searchParams.keys()].some((name) => /token|key|secret|sig|auth|pass|code/i.test(name)) ||
    [...url.pathname.split('/'), ...url.searchParams.values()].some(looksRandom);
  return isSecret
    ? [literal('has a `url` that lets anyone post who knows it: put it into a Secret, and write url: { secret, key }')]
    : [];
}

/** Long, and of letters and digits all mixed up, as no word is. */
function looksRandom(text: string): boolean {
  return /^[\w=+~-]{20,}$/.test(text) && (text.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g)?.length ?? 0) >= 4;
}

function emailProblems({
  to,
  from,
  host,
  port,
  username,
  password,
}: Extract<Alert, { kind: 'email' }>): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  const isAddress = (text: unknown) => typeof text === 'string' && /^[^\s@:,;<>$]+@[^\s@:,;<>$]+$/.test(text);
  const recipients: readonly unknown[] = Array.isArray(to) ? to : [to];
  if (recipients.length === 0 || !recipients.every(isAddress)) problems.push(invalid('has no address in `to`'));
  if (!isAddress(from)) problems.push(invalid('has no address in `from`'));
  if (typeof host !== 'string' || !/^[\w.-]+$/.test(host)) problems.push(invalid('names no mail server in `host`'));
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65535)) {
    problems.push(invalid('has no port number in `port`'));
  }
  if ((username === undefined) !== (password === undefined)) {
    problems.push(invalid('logs in with `username` and `password`, or with neither'));
  }
  return problems;
}
