import { GitOpsError } from '../../errors';
import { sanitize } from '../git/text';
import { type ForgeContext, forgeError, networkReason } from './failures';

/** What octokit throws, read without trusting its shape. */
export interface GitHubAnswer {
  /** HTTP status; undefined when no answer came. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** GitHub's own words, unsanitized. */
  readonly message: string;
  /** Messages and codes of the single things that are wrong, unsanitized. */
  readonly details: readonly string[];
}

export interface GitHubContext extends ForgeContext {
  readonly signal?: AbortSignal;
}

export function answerOf(error: unknown): GitHubAnswer {
  const { response, message, errors } = fieldsOf(error);
  const { status, headers, data } = fieldsOf(response);
  const body = fieldsOf(data);
  const list = Array.isArray(body.errors) ? body.errors : Array.isArray(errors) ? errors : [];
  return {
    status: typeof status === 'number' ? status : undefined,
    headers: fieldsOf(headers),
    message: typeof body.message === 'string' ? body.message : typeof message === 'string' ? message : String(error),
    details: list.map(detailOf),
  };
}

function detailOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const { message, code, field, resource } = fieldsOf(item);
  if (typeof message === 'string') return message;
  return [resource, field, code].filter((part) => typeof part === 'string').join(' ');
}

/** The fields of a value; none of what is no object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Whether GitHub refuses because of how much was asked, and not because of what. */
export function isLimit({ status, headers, message }: GitHubAnswer): boolean {
  if (status === 429) return true;
  const isAsked = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
  return status === 403 && (isAsked || /rate limit|abuse detection/i.test(message));
}

/**
 * The coded error for what octokit threw, with GitHub's own words made safe.
 * @param doing what was tried, e.g. `opening the pull request`
 */
export function githubFailure(error: unknown, doing: string, context: GitHubContext): unknown {
  if (GitOpsError.is(error)) return error;
  if (context.signal?.aborted) return context.signal.reason;
  // What asked for nothing is a defect, and is not made to look like an answer.
  if (fieldsOf(error).request === undefined) return error;
  const answer = answerOf(error);
  if (isLimit(answer)) {
    const message = `${whenOf(answer.headers)}${wordsOf(answer, context.secrets)}`;
    return forgeError({ status: 429, message }, doing, context);
  }
  const message = answer.status === undefined ? networkReason(error) : wordsOf(answer, context.secrets);
  return forgeError({ status: answer.status, message }, doing, context);
}

/** GitHub's own words, made safe, with the single things that are wrong. */
export function wordsOf({ message, details }: GitHubAnswer, secrets: readonly string[]): string {
  // The page of a proxy says nothing that its status does not.
  const text = /^\s*</.test(message) ? '' : message;
  return sanitize([text, ...details.filter((detail) => !text.includes(detail))].join('\n'), secrets);
}

function whenOf(headers: GitHubAnswer['headers']): string {
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0 && reset < 1e11) {
    return `requests are let through again after ${new Date(reset * 1000).toISOString()}\n`;
  }
  const seconds = Number(headers['retry-after']);
  return seconds > 0 ? `requests are let through again in ${Math.ceil(seconds)} seconds\n` : '';
}
