import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyOf, bytesOf, keyOf, titleOf } from '../../../src/publish/forge/content';
import { checkToken, forgeError, networkReason } from '../../../src/publish/forge/failures';
import { type ForgeFetchOptions, forgeFetch } from '../../../src/publish/forge/http';
import { expectFailure } from './contract';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that answers each request with the next of some answers, the last one for ever. */
async function serve(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    answer?.(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, requests };
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(code, headers).end(String(code));
  };
const silence = () => {};
const cut = (request: IncomingMessage) => request.socket.destroy();
const fast: ForgeFetchOptions = { minDelay: 5 };

describe('forgeFetch', () => {
  it('names the program', async () => {
    const { url, requests } = await serve(status(200));
    expect((await forgeFetch(fast)(url)).status).toBe(200);
    expect(requests).toEqual(['GET /x cdk8s-gitops']);
  });

  it.each([429, 502, 503, 504])('reads again after %i', async (code) => {
    const { url, requests } = await serve(status(code), status(code), status(200));
    expect((await forgeFetch(fast)(url)).status).toBe(200);
    expect(requests).toHaveLength(3);
  });

  it('reads again after a connection that broke', async () => {
    const { url, requests } = await serve(cut, status(200));
    expect((await forgeFetch(fast)(url)).status).toBe(200);
    expect(requests).toHaveLength(2);
  });

  it('gives the last answer as it came, in the end', async () => {
    const { url, requests } = await serve(status(503));
    expect((await forgeFetch({ ...fast, retries: 2 })(url)).status).toBe(503);
    expect(requests).toHaveLength(3);
  });

  it.each([401, 403, 404, 422, 500])('does not ask again after %i', async (code) => {
    const { url, requests } = await serve(status(code), status(200));
    expect((await forgeFetch(fast)(url)).status).toBe(code);
    expect(requests).toHaveLength(1);
  });

  it.each([
    ['a bad answer', status(503)],
    ['none', cut],
  ])('sends what changes something once, after %s', async (_, answer) => {
    const { url, requests } = await serve(answer, status(200));
    const sent = forgeFetch(fast)(url, { method: 'POST', body: '{}' });
    await (answer === cut ? expect(sent).rejects.toThrow() : expect(sent).resolves.toMatchObject({ status: 503 }));
    expect(requests).toHaveLength(1);
  });

  it('waits as long as it is asked to', async () => {
    const { url } = await serve(status(429, { 'Retry-After': '1' }), status(200));
    const begin = Date.now();
    expect((await forgeFetch(fast)(url)).status).toBe(200);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(990);
  });

  it('gives up on who does not answer, and says why', async () => {
    const { url, requests } = await serve(silence);
    const failure: unknown = await forgeFetch({ ...fast, timeout: 50, retries: 1 })(url).catch((error) => error);
    expect(networkReason(failure)).toMatch(/timeout/i);
    expect(requests).toHaveLength(2);
  });

  it('ends when it is told to', async () => {
    const { url, requests } = await serve(silence);
    const aborting = new AbortController();
    const answer = forgeFetch({ ...fast, signal: aborting.signal })(url);
    setTimeout(() => aborting.abort(new Error('enough')), 50);
    await expect(answer).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});

describe('forgeError', () => {
  const context = { where: 'https://git.acme.io/acme/envs', secrets: ['hunter2-token'] };

  it.each([
    [401, 'FORGE_AUTHENTICATION'],
    [403, 'FORGE_REJECTED'],
    [404, 'FORGE_REJECTED'],
    [405, 'FORGE_REJECTED'],
    [409, 'FORGE_REJECTED'],
    [422, 'FORGE_REJECTED'],
    [429, 'FORGE_UNREACHABLE'],
    [500, 'FORGE_UNREACHABLE'],
    [503, 'FORGE_UNREACHABLE'],
    [undefined, 'FORGE_UNREACHABLE'],
  ] as const)('has a code for %s', (code, expected) => {
    expect(forgeError({ status: code }, 'opening it', context)).toMatchObject({ code: expected });
  });

  it("makes the forge's words safe", () => {
    const message = `no\u001b[2J access for hunter2-token at https://jane:secret@git.acme.io/\u0000${'x'.repeat(9000)}`;
    const error = forgeError({ status: 422, message }, 'opening it', context);
    expect(error.message).toMatch(
      /^https:\/\/git\.acme\.io\/acme\/envs: opening it failed: it was refused \(422\)\n {2}no access for \*\*\*/,
    );
    expect(error.message).not.toMatch(/secret|hunter2|(?!\n)\p{Cc}/u);
    expect(error.message.length).toBeLessThan(1000);
  });
});

describe('checkToken', () => {
  it.each(['', ' ', 'two words', 'line\nend', 'Umlaut-ä', 'nul\u0000'])('refuses %j', async (token) => {
    await expectFailure((async () => checkToken(token, 'https://git.acme.io'))(), 'FORGE_AUTHENTICATION');
  });

  it.each(['http://git.acme.io', 'http://127.0.0.1.evil.io', 'http://localhost.evil.io', 'http://128.0.0.1'])(
    'shows no token to %s',
    async (url) => {
      await expectFailure((async () => checkToken('hunter2-token', url))(), 'CONFIG_INVALID', 'hunter2-token');
    },
  );
});

describe('texts', () => {
  it('measures as the forge does, and never cuts a character in two', () => {
    expect(titleOf('x'.repeat(255), 255)).toHaveLength(255);
    expect(titleOf('x'.repeat(256), 255)).toBe(`${'x'.repeat(254)}…`);
    const emoji = titleOf('\ud83d\ude80'.repeat(200), 255, bytesOf);
    expect(bytesOf(emoji)).toBeLessThanOrEqual(255);
    expect(emoji).toMatch(/^\ud83d\ude80+…$/u);
    expect(titleOf('\ud83d\ude80'.repeat(5), 4)).toMatch(/^\ud83d\ude80…$/u);
  });

  it('keeps what belongs to a body', () => {
    const body = '| a | b |\n|---|---|\n\n```yaml\n\tkey: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\n```';
    expect(bodyOf(body, 1000)).toBe(body);
    expect(bodyOf('a\r\nb\rc \n\n', 1000)).toBe('a\nb\nc');
    expect(bodyOf('lone \ud800 half', 1000)).toBe('lone  half');
  });

  it('takes the comment off a key', () => {
    expect(keyOf(' ssh-ed25519  AAAA jane@laptop\n')).toBe('ssh-ed25519 AAAA');
  });
});
