import { createColors } from 'picocolors';
import { escapeText } from './escape';
import { fieldLines, type Line, type Tone } from './render-fields';
import { groupDiff, summaryLine } from './summary';
import type { DiffSection, ObjectChange, ObjectDiff } from './types';
import { shorten } from './values';

/** Changes shown of one object. */
const MAX_FIELDS = 200;
/** What the line of an object that is added or removed says already. */
const TITLE_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind']);
/** Longer than any name that Kubernetes takes. */
const MAX_TITLE = 800;

export interface RenderDiffOptions {
  readonly color: boolean;
  /**
   * Columns to fit lines into.
   * @default 120
   */
  readonly width?: number;
  /**
   * Whether to show the fields of objects that are added or removed as a whole.
   * @default false - one line per such object
   */
  readonly full?: boolean;
}

const MARKS: Readonly<Record<ObjectChange, { readonly mark: string; readonly tone: Tone }>> = {
  added: { mark: '+', tone: 'add' },
  removed: { mark: '-', tone: 'remove' },
  changed: { mark: '~', tone: 'change' },
  moved: { mark: '→', tone: 'change' },
};

/**
 * The diff as text for a terminal: by environment, application and object, and a line of counts at the end. It never
 * prints a character of a manifest that a terminal would act upon.
 */
export function renderDiff(
  diff: readonly ObjectDiff[],
  { color, width = 120, full = false }: RenderDiffOptions,
): string {
  const colors = createColors(color);
  const paint: Readonly<Record<Tone, (text: string) => string>> = {
    add: colors.green,
    remove: colors.red,
    change: colors.yellow,
    heading: colors.bold,
    faint: colors.dim,
    plain: (text) => text,
  };
  const lines: Line[] = [];
  let environment: string | undefined;
  for (const { section, objects } of groupDiff(diff)) {
    const own = section.kind === 'unit' ? section.environment : undefined;
    if (section.kind !== 'unit' || own !== environment) {
      if (lines.length > 0) lines.push({ tone: 'plain', text: '' });
      lines.push({ tone: 'heading', text: escapeText(headingOf(section)) });
    }
    environment = section.kind === 'environment' ? section.environment : own;
    if (section.kind === 'unit') lines.push({ tone: 'heading', text: `  ${escapeText(section.application)}` });
    const indent = section.kind === 'unit' ? 4 : 2;
    for (const object of objects) lines.push(...objectLines(object, indent, width, full));
  }
  if (lines.length > 0) lines.push({ tone: 'plain', text: '' });
  lines.push({ tone: 'heading', text: summaryLine(diff) });
  return lines.map(({ tone, text, rest }) => `${text && paint[tone](text)}${rest ?? ''}`).join('\n');
}

/** Objects of one section as plain lines, without headings. They hold no line end, and nothing a terminal acts upon. */
export function objectText(diff: ObjectDiff, width: number): string[] {
  return objectLines(diff, 0, width, false).map(({ text, rest }) => `${text}${rest ?? ''}`);
}

function headingOf(section: DiffSection): string {
  switch (section.kind) {
    case 'unit':
    case 'environment':
      return `environment ${section.environment}`;
    case 'cluster':
      return `cluster ${section.cluster}`;
    case 'repository':
      return 'repository';
  }
}

function objectLines(diff: ObjectDiff, indent: number, width: number, full: boolean): Line[] {
  const { mark, tone } = MARKS[diff.change];
  const pad = ' '.repeat(indent);
  const lines: Line[] = [{ tone, text: `${pad}${mark} ${titleOf(diff)}` }];
  if (diff.previousFile !== undefined) {
    const move = `moved from ${escapeText(diff.previousFile)} to ${escapeText(diff.file)}`;
    lines.push({ tone: 'faint', text: `${pad}    ${move}` });
  }
  if (full || diff.change === 'changed') {
    const fields = diff.fields.filter(
      ({ path }) => !(diff.object && diff.change !== 'changed' && TITLE_FIELDS.has(path)),
    );
    for (const field of fields.slice(0, MAX_FIELDS)) lines.push(...fieldLines(field, indent + 4, width));
    if (fields.length > MAX_FIELDS) {
      lines.push({ tone: 'faint', text: `${pad}    … ${fields.length - MAX_FIELDS} more changes` });
    }
  }
  return lines;
}

function titleOf({ object, file }: ObjectDiff): string {
  if (!object) return shorten(escapeText(file), MAX_TITLE);
  const name = object.namespace === undefined ? object.name : `${object.namespace}/${object.name}`;
  return shorten(escapeText(`${object.apiVersion} ${object.kind} ${name}`), MAX_TITLE);
}
