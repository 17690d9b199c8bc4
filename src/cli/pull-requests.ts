import { escapeText } from '../diff/escape';
import type { PublishResult } from '../toolkit/publish';
import type { Context } from './context';
import { markdownTable } from './job-summary';
import { type Cell, renderTable } from './table';

type PullRequest = PublishResult['pullRequests'][number];
type Colors = Context['colors'];

/** Pull requests as text: a table for people, else a line each. */
export async function renderPullRequests(
  pullRequests: readonly PullRequest[],
  { colors, interactive }: Pick<Context, 'colors' | 'interactive'>,
  isPlan: boolean,
): Promise<string> {
  if (pullRequests.length === 0) return '';
  const toned = toneOf(colors);
  if (interactive) {
    const rows = pullRequests.map((pullRequest): Cell[] => [
      pullRequest.scope,
      { text: changeText(pullRequest, isPlan), paint: toned[pullRequest.change] },
      pageOf(pullRequest),
    ]);
    return renderTable(['pull request', 'change', 'where'], rows, colors, 'pull request');
  }
  return pullRequests
    .map((pullRequest) => {
      const change = toned[pullRequest.change](changeText(pullRequest, isPlan));
      return `${change} pull request ${escapeText(`${pullRequest.scope}: ${pageOf(pullRequest)}`)}\n`;
    })
    .join('');
}

/** Pull requests for a job's summary. */
export function pullRequestsMarkdown(pullRequests: readonly PullRequest[], isPlan: boolean): string {
  if (pullRequests.length === 0) return '';
  const rows = pullRequests.map((pullRequest) => {
    const { scope, number, url } = pullRequest;
    const page =
      url !== undefined && /^https?:\/\/[^\s()<>[\]]+$/.test(url) ? `[#${number}](${url})` : pageOf(pullRequest);
    return [scope, changeText(pullRequest, isPlan), page];
  });
  return `\n\n${markdownTable(['pull request', 'change', 'where'], rows)}`;
}

function changeText({ change }: PullRequest, isPlan: boolean): string {
  const planned = { opened: 'to open', updated: 'to update', closed: 'to close' } as const;
  return isPlan && change in planned ? planned[change as keyof typeof planned] : change;
}

function pageOf({ url, branch }: PullRequest): string {
  return url ?? branch;
}

function toneOf(colors: Colors): Readonly<Record<PullRequest['change'], (text: string) => string>> {
  return {
    opened: colors.green,
    updated: colors.yellow,
    unchanged: colors.dim,
    merged: colors.green,
    closed: colors.red,
    declined: colors.red,
    superseded: colors.dim,
  };
}
