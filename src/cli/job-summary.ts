import { appendFileSync } from 'node:fs';
import type { Host } from '../toolkit/host';

/** GitHub takes 1 MiB for each step, and drops all of a summary that is longer. */
const MAX_BYTES = 900_000;

/**
 * Appends to the summary of a GitHub job, where this is one. That it cannot be written fails no command.
 * @param markdown called only in such a job
 */
export function appendJobSummary(env: NodeJS.ProcessEnv, markdown: () => string, host?: Host): void {
  const file = env.GITHUB_STEP_SUMMARY;
  if (!file) return;
  try {
    appendFileSync(file, `${markdown()}\n`);
  } catch (error) {
    host?.warn?.(`the job summary cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Text as a code block that nothing in it can end. */
export function fenced(text: string): string {
  const shown = text.length > MAX_BYTES / 4 ? `${text.slice(0, MAX_BYTES / 4)}\n…` : text;
  const runs = shown.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map(({ length }) => length + 1)));
  return `${fence}diff\n${shown.replace(/\n$/, '')}\n${fence}`;
}

/** A Markdown table. Cells are names and numbers; what could be more is shown as code. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/[|\n\r]/g, ' ')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
