import { expect } from 'vitest';
import { bareRepository, git, gitEnv, installHook } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { expectAllLanded, publishRound } from './fixture';

const retry = { minDelay: 20, maxDelay: 400, attempts: 100 };
export const PUBLISHERS = 3;
export const ROUNDS = 2;

export interface Server {
  readonly config?: Readonly<Record<string, string>>;
  readonly hook?: readonly [name: string, content: string];
  readonly env?: NodeJS.ProcessEnv;
}

/** A few publishers on such a server. Returns how many commits came through the queue. */
export async function race({ config, hook, env = gitEnv }: Server, http = false): Promise<number> {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' }, config });
  if (hook !== undefined) installHook(bare, ...hook);
  const url = http ? (await serveGit(bare)).url : bare;
  await Promise.all(
    Array.from({ length: PUBLISHERS }, async (_, publisher) => {
      for (let round = 0; round < ROUNDS; round++) {
        const result = await publishRound(url, publisher, round, { env, retry, queue: { mode: 'always' } });
        expect(result.outcome).toBe('published');
        expect(result.warnings).toEqual([]);
      }
    }),
  );
  expectAllLanded(bare, PUBLISHERS, ROUNDS);
  return git(bare, 'log', '--format=%(trailers:key=Queued)', 'main').match(/^Queued: /gm)?.length ?? 0;
}
