import type Table from 'cli-table3';
import { escapeText } from '../diff/escape';
import type { Colors } from './terminal';

/** A cell: its text, and how to paint it. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** Rows that a table shows in a terminal; what is beyond is counted. */
const MAX_ROWS = 60;

/** A table for a terminal. Texts may come from anywhere: nothing in them acts on the terminal. */
export async function renderTable(
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  colors: Colors,
  noun = 'row',
  limit = MAX_ROWS,
): Promise<string> {
  const { default: TableClass } = (await import('cli-table3')) as unknown as { default: typeof Table };
  const table = new TableClass({
    head: heads.map((head) => colors.bold(escapeText(head))),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows.slice(0, limit)) table.push(row.map(paint));
  const rest = rows.length - limit;
  return `${table.toString()}\n${rest > 0 ? colors.dim(`… and ${rest} more ${noun}${rest === 1 ? '' : 's'}\n`) : ''}`;
}

function paint(cell: Cell): string {
  const { text, paint } = typeof cell === 'string' ? { text: cell, paint: (same: string) => same } : cell;
  return text
    .split('\n')
    .map((line) => paint(escapeText(line)))
    .join('\n');
}
