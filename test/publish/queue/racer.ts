import { type PublishOptions, type PublishResult, publish } from '../../../src/publish';
import { tree, unit } from '../trees';

export function authorOf(publisher: number) {
  return { name: `Publisher ${publisher}`, email: `p${publisher}@example.com` };
}

/** Publishes one round of a publisher's own unit. Needs no test runner, so that other processes can do it. */
export function publishRound(
  remote: string,
  publisher: number,
  round: number,
  more: Partial<PublishOptions> = {},
): Promise<PublishResult> {
  const source = `acme/app-${publisher}`;
  const files = {
    'a.yaml': `round: ${round}\n`,
    'b.yaml': `by: ${publisher}\n`,
    'deep/er/c.yaml': `c: ${publisher}\n`,
  };
  return publish(tree([unit('dev', `app-${publisher}`, files, { source })], source), {
    remote: { url: remote.startsWith('/') ? `file://${remote}` : remote, branch: 'main' },
    generator: 'cdk8s-gitops 0.1.0',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    author: authorOf(publisher),
    ...more,
  });
}
