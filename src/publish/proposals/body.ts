import type { Danger } from '../../diff/dangers';
import { type FoldedChange, foldDiff, placesOf } from '../../diff/fold';
import { objectText } from '../../diff/render';
import { placeText } from '../../diff/render-dangers';
import { groupDiff, type SectionDiff, summaryLine } from '../../diff/summary';
import type { DiffSection, ObjectDiff } from '../../diff/types';
import type { SectionChange } from '../plan';
import { code, codeBlock, plain } from './markdown';

/** What a pull request says: a function of what it changes, so that one that proposes the same reads the same. */

export interface BodyInput {
  readonly scope: string;
  /** Id of the source repository. */
  readonly source: string;
  readonly base: string;
  /** Every section that changes. */
  readonly sections: readonly SectionChange[];
  /** What changes in their objects; absent when there is too much of it to be looked at. */
  readonly diff?: { readonly objects: readonly ObjectDiff[]; readonly dangers: readonly Danger[] };
  /** Places that are not on the base yet, and that something here needs. */
  readonly missing: readonly string[];
  /** Checksum of what is proposed. */
  readonly digest: string;
  /** Head of the branch: it changes when that does. */
  readonly commit: string;
  /** Page that shows all of it. */
  readonly compareUrl: string;
  /** Longest body, in characters. */
  readonly limit: number;
}

/** Columns that a line of a change may have. */
const WIDTH = 110;
/** Lines that are shown of one object. */
const MAX_LINES = 80;
/** Dangers, places of one change, and sections without a diff that are named; the others are counted. */
const NAMED = 50;
/** Room that is kept for what is said last. */
const RESERVE = 300;

const MARKER = /^<!-- cdk8s-gitops ([0-9a-f]{40}) ([0-9a-f]{40}) -->\n?/;

/** What a body says to be about; undefined when somebody else wrote it, or it was withdrawn. */
export function markerIn(body: string): { readonly digest: string; readonly commit: string } | undefined {
  const [, digest, commit] = MARKER.exec(body) ?? [];
  return digest === undefined || commit === undefined ? undefined : { digest, commit };
}

/** The body of a proposal that has nothing left to change: nobody has declined what it said. */
export function withdrawnText(body: string): string {
  return `Withdrawn: nothing is left to change. What was proposed:\n\n${body.replace(MARKER, '')}`;
}

/** `prod: change checkout, orders` */
export function titleText({ scope, sections }: Pick<BodyInput, 'scope' | 'sections'>): string {
  const labels = sections.map(({ owner }) => {
    if (owner.kind === 'unit') return owner.application;
    return owner.kind === 'folder' ? owner.path : `the ${owner.kind}`;
  });
  const changes = new Set(sections.map(({ change }) => change));
  const verb = changes.size > 1 ? 'change' : VERBS[sections[0]?.change ?? 'changed'];
  const names = labels.join(', ');
  const [first] = sections;
  const place = sections.length === 1 && first?.owner.kind === 'unit' ? first.owner.environment : scope;
  if (names.length <= 60) return `${place}: ${verb} ${names}`;
  const units = sections.filter(({ owner }) => owner.kind === 'unit').length;
  return `${place}: ${verb} ${units < sections.length ? 'the environment and ' : ''}${units} applications`;
}

const VERBS = { added: 'add', changed: 'change', removed: 'remove', unchanged: 'change' } as const;

/** The description, in Markdown. */
export function bodyText(input: BodyInput): string {
  const { scope, source, base, sections, diff, missing, digest, commit, compareUrl, limit } = input;
  const intro = `What ${code(source)} declares for ${code(scope)}. Merging it into ${code(base)} delivers it. The branch is rebuilt whenever the source changes something: change things there, for commits of others on this branch are refused.`;
  const blocks: Block[] = [{ text: `<!-- cdk8s-gitops ${digest} ${commit} -->\n${intro}`, objects: 0 }];
  if (missing.length > 0) {
    const places = missing.map(code).join(', ');
    blocks.push({ text: `Not on ${code(base)} yet, and needed here: ${places}. Merge that first.`, objects: 0 });
  }
  if (diff === undefined) {
    blocks.push({ text: sectionTable(sections), objects: 0 });
    const why = 'These are more files than are compared here, and nobody looked for dangerous changes among them.';
    return assemble([...blocks, { text: `${why} [See all of it](${compareUrl}).`, objects: 0 }], compareUrl, limit);
  }
  const { objects, dangers } = diff;
  if (dangers.length > 0) blocks.push({ text: dangerList(dangers), objects: 0 });
  blocks.push({ text: `### What changes\n\n${summaryLine(objects)}`, objects: 0 });
  const silent = sections.filter(({ owner }) => !objects.some(({ section }) => isSection(section, owner)));
  if (silent.length > 0) {
    const names = named(silent.map(({ name, change }) => `${code(name)} (${change})`));
    blocks.push({ text: `Records alone: ${names}`, objects: 0 });
  }
  const { folds, rest } = foldDiff(objects);
  for (const fold of folds) blocks.push(foldBlock(fold));
  for (const section of groupDiff(rest)) blocks.push(...sectionBlocks(section));
  return assemble(blocks, compareUrl, limit);
}

/** A part of the body that is there as a whole, or not at all. */
interface Block {
  readonly text: string;
  /** How many objects are told of in it. */
  readonly objects: number;
  /** Goes before it unless the block before has the same. */
  readonly heading?: string;
}

/** As many blocks as there is room for, from the first on. */
function assemble(blocks: readonly Block[], compareUrl: string, limit: number): string {
  let text = '';
  let heading: string | undefined;
  let leftOut = 0;
  let isFull = false;
  for (const block of blocks) {
    const lead = block.heading !== undefined && block.heading !== heading ? `#### ${block.heading}\n\n` : '';
    const piece = `${text === '' ? '' : '\n\n'}${lead}${block.text}`;
    if (isFull || text.length + piece.length > limit - RESERVE - compareUrl.length) {
      isFull = true;
      leftOut += block.objects;
      continue;
    }
    text += piece;
    heading = block.heading;
  }
  if (!isFull) return text;
  const rest = leftOut === 0 ? 'More' : `${leftOut} more ${leftOut === 1 ? 'object' : 'objects'}`;
  return `${text}\n\n… ${rest} did not fit here: [see all of it](${compareUrl}).`;
}

function dangerList(dangers: readonly Danger[]): string {
  const items = dangers.slice(0, NAMED).map(({ rule, section, object, message }) => {
    return `- **${rule}** ${code(placeText(section))} ${code(`${object.kind} ${object.name}`)}: ${plain(message)}`;
  });
  const more = dangers.length > NAMED ? [`- and ${dangers.length - NAMED} more`] : [];
  return ['### ⚠️ Look at these first', '', ...items, ...more].join('\n');
}

function foldBlock(fold: FoldedChange): Block {
  const [first] = fold.objects;
  const where = named(fold.objects.map(({ section, object }) => code(`${placeText(section)} ${object?.name}`)));
  const title = `In ${placesOf(fold)}: ${fold.objects.length} × ${code(first.object?.kind ?? '')}`;
  // Its first line names one object of many.
  const lines = cut(
    objectText(first, WIDTH)
      .slice(1)
      .map((line) => line.replace(/^ {4}/, '')),
  );
  return { text: `#### ${title}\n\n${where}\n\n${codeBlock(lines)}`, objects: fold.objects.length };
}

function sectionBlocks({ section, objects }: SectionDiff): Block[] {
  const blocks: Block[] = [];
  // Small changes share a block of code; a large one has its own, and may be left out alone.
  let lines: string[] = [];
  let count = 0;
  const flush = () => {
    if (count > 0) blocks.push({ text: codeBlock(lines), objects: count, heading: code(placeText(section)) });
    lines = [];
    count = 0;
  };
  for (const object of objects) {
    const text = cut(objectText(object, WIDTH));
    if (lines.length + text.length > MAX_LINES) flush();
    lines.push(...text);
    count++;
  }
  flush();
  return blocks;
}

function cut(lines: readonly string[]): string[] {
  if (lines.length <= MAX_LINES) return [...lines];
  return [...lines.slice(0, MAX_LINES - 1), `    … ${lines.length - MAX_LINES + 1} more lines`];
}

function sectionTable(sections: readonly SectionChange[]): string {
  const rows = sections.slice(0, NAMED).map(({ name, change, files }) => {
    const by = (wanted: string) => files.filter((file) => file.change === wanted).length;
    return `| ${code(name)} | ${change} | +${by('added')} ~${by('changed')} −${by('removed')} |`;
  });
  const more = sections.length > NAMED ? [`\nand ${sections.length - NAMED} more`] : [];
  return ['### What changes', '', '| | | files |', '| --- | --- | --- |', ...rows, ...more].join('\n');
}

function named(items: readonly string[]): string {
  const more = items.length > NAMED ? `, and ${items.length - NAMED} more` : '';
  return `${items.slice(0, NAMED).join(', ')}${more}`;
}

function isSection(section: DiffSection, owner: SectionChange['owner']): boolean {
  if (section.kind === 'unit') {
    return (
      owner.kind === 'unit' && owner.environment === section.environment && owner.application === section.application
    );
  }
  if (section.kind === 'environment') return owner.kind === 'environment' && owner.environment === section.environment;
  return section.kind === 'cluster' && owner.kind === 'cluster' && owner.cluster === section.cluster;
}
