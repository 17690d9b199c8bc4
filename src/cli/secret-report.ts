import { escapeText } from '../diff/escape';
import type {
  SecretDoctorResult,
  SecretFinding,
  SecretListResult,
  SecretStatus,
  SecretWriteResult,
} from '../toolkit/secret';
import type { Context } from './context';
import { plural } from './format';
import { type Cell, renderTable } from './table';

/** What the commands of `secret` tell people. */

export function renderWritten(result: SecretWriteResult, { colors }: Context): string {
  const { secret, file, backend, change, encrypted, kept, dropped, missing, recipients, next } = result;
  if (change === 'unchanged') return `${colors.green('unchanged')} ${file}\n`;
  const lines = [
    `${colors.green(change)} ${colors.bold(file)} (${escapeText(secret)}, ${backend})`,
    ...(encrypted.length > 0 ? [`  encrypted: ${encrypted.join(', ')}`] : []),
    ...(kept.length > 0 ? [`  as before: ${kept.join(', ')}`] : []),
    ...(dropped.length > 0 ? [`  dropped, as they are not declared: ${escapeText(dropped.join(', '))}`] : []),
    ...(missing.length > 0 ? [colors.yellow(`  without a value yet: ${missing.join(', ')}`)] : []),
    ...recipients.map((recipient) => colors.dim(`  to ${escapeText(recipient)}`)),
    ...(next.length > 0 ? ['next:', ...next.map((step, index) => `  ${index + 1}. ${escapeText(step)}`)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

export async function renderList({ secrets }: SecretListResult, { colors }: Context): Promise<string> {
  if (secrets.length === 0) return 'the program declares no encrypted Secrets\n';
  const rows = secrets.map((status): Cell[] => [
    `${status.environment}/${status.application}`,
    status.name,
    keyCell(status),
    status.backend ?? '',
    status.recipients.map(short).join('\n'),
    whenCell(status),
    problemCell(status.problems, colors),
  ]);
  const heads = ['unit', 'secret', 'keys', 'backend', 'encrypted to', 'changed', 'problems'];
  return renderTable(heads, rows, colors, 'secret');
}

function keyCell({ keys }: SecretStatus): string {
  const marks = { encrypted: '', missing: ' (missing)', undeclared: ' (undeclared)' } as const;
  return keys.map(({ name, state }) => `${name}${marks[state]}`).join('\n');
}

function whenCell({ present, changed, committed }: SecretStatus): string {
  if (changed === null) return present ? 'not committed' : '';
  return `${changed.time.slice(0, 10)} ${changed.commit.slice(0, 8)}${committed ? '' : '\nchanged since'}`;
}

function problemCell(problems: readonly SecretFinding[], { red, yellow }: Context['colors']): Cell {
  const text = [...new Set(problems.map(({ code }) => code))].join('\n');
  return { text, paint: problems.some(({ severity }) => severity === 'error') ? red : yellow };
}

/** Fingerprints and recipients are long: what tells them apart is in their first characters. */
function short(recipient: string): string {
  return recipient.length > 24 ? `${recipient.slice(0, 23)}…` : recipient;
}

export function renderDoctor(
  { secrets, others, errors, warnings, decrypted }: SecretDoctorResult,
  context: Context,
): string {
  const { colors } = context;
  const lines: string[] = [];
  const tell = ({ severity, code, message }: SecretFinding): void => {
    const word = severity === 'error' ? colors.red('error') : colors.yellow('warning');
    lines.push(`  ${word} ${code}`, `    ${escapeText(message)}`);
  };
  for (const { secret, problems } of secrets) {
    if (problems.length > 0) lines.push(colors.bold(escapeText(secret)));
    for (const problem of problems) tell(problem);
  }
  if (others.length > 0) lines.push(colors.bold('this repository'));
  for (const problem of others) tell(problem);
  const verdict = errors > 0 ? colors.red(plural(errors, 'error')) : colors.green('sound');
  const more = [
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
    plural(secrets.length, 'encrypted Secret'),
    ...(decrypted > 0 ? [`${decrypted} decrypted and whole`] : []),
  ];
  lines.push(`${verdict}: ${more.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
