import { GitOpsError } from '../../errors';
import { FORGE_TOKEN_VARIABLE, TOKEN_VARIABLE } from '../git/environment';
import { hasControlCharacters, sanitize } from '../git/text';

/** The variables that may hold the token of a forge, the first that is set. The second is git's as well. */
export const FORGE_TOKEN_VARIABLES = [FORGE_TOKEN_VARIABLE, TOKEN_VARIABLE] as const;

const CHECK_TOKEN = `check ${FORGE_TOKEN_VARIABLES.join(' or ')}`;

/** What messages need to say about the forge that failed. */
export interface ForgeContext {
  /** The repository on the forge, e.g. `https://git.acme.io/acme/environments`, free of credentials. */
  readonly where: string;
  /** What must never be shown, e.g. the token. */
  readonly secrets: readonly string[];
}

/** What a forge answered, or that it did not. */
export interface ForgeAnswer {
  /** HTTP status. @default - there was no answer */
  readonly status?: number;
  /** The forge's own words, or those of the network. They are untrusted: they are made safe, and cut. */
  readonly message?: string;
}

/**
 * The coded error of a request that failed. It has no cause on purpose: clients hang requests, and with them their
 * headers, on the errors that they throw.
 * @param doing what was tried, e.g. `opening the pull request`
 * @returns FORGE_AUTHENTICATION (401), FORGE_REJECTED (other refusals), or FORGE_UNREACHABLE (no answer, 429, 5xx)
 */
export function forgeError({ status, message = '' }: ForgeAnswer, doing: string, context: ForgeContext): GitOpsError {
  const words = sanitize(message, context.secrets).slice(0, 500);
  const quoted = words === '' ? '' : `\n${words.replace(/^/gm, '  ')}`;
  const { code, summary } = verdictOn(status);
  return new GitOpsError(code, `${context.where}: ${doing} failed: ${summary}${quoted}`);
}

function verdictOn(status: number | undefined) {
  if (status === undefined) {
    return {
      code: 'FORGE_UNREACHABLE',
      summary: 'there was no answer; check the address and the network, and try again',
    } as const;
  }
  if (status === 401) {
    return { code: 'FORGE_AUTHENTICATION', summary: `the token is not accepted (401); ${CHECK_TOKEN}` } as const;
  }
  if (status === 429) {
    return { code: 'FORGE_UNREACHABLE', summary: 'too many requests were made (429); try again later' } as const;
  }
  if (status >= 500) {
    return { code: 'FORGE_UNREACHABLE', summary: `the forge is not well (${status}); try again later` } as const;
  }
  if (status === 403 || status === 404) {
    return {
      code: 'FORGE_REJECTED',
      summary: `it is not allowed, or not there (${status}); check the address, and what the token may do: docs/guides/forges.md lists what it needs`,
    } as const;
  }
  return { code: 'FORGE_REJECTED', summary: `it was refused (${status})` } as const;
}

/** Says why a request got no answer: the innermost reason that the network stack gives. */
export function networkReason(error: unknown): string {
  let reason = error;
  for (let depth = 0; depth < 5; depth++) {
    if (!(reason instanceof Error)) break;
    const inner = reason instanceof AggregateError ? (reason.errors[0] as unknown) : reason.cause;
    if (!(inner instanceof Error)) break;
    reason = inner;
  }
  return reason instanceof Error ? reason.message : '';
}

/**
 * Checks that a token may be put into a header, and what it would be shown to.
 * @throws GitOpsError FORGE_AUTHENTICATION when it is empty or cannot be a token; CONFIG_INVALID when it
 * would cross a network in the clear
 */
export function checkToken(token: string, apiUrl: string): void {
  if (token === '') {
    throw new GitOpsError('FORGE_AUTHENTICATION', `${apiUrl} needs a token; set ${FORGE_TOKEN_VARIABLES.join(' or ')}`);
  }
  if (hasControlCharacters(token) || /[^\x21-\x7e]/.test(token)) {
    throw new GitOpsError(
      'FORGE_AUTHENTICATION',
      `the token for ${apiUrl} holds white space or control characters; set ${FORGE_TOKEN_VARIABLES.join(' or ')} to the token and nothing else`,
    );
  }
  const { protocol, hostname } = new URL(apiUrl);
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new GitOpsError('CONFIG_INVALID', `${apiUrl} would show the token to the network; use https`);
  }
}

/** Whether a host name, as `URL` has it, is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
