import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { publish } from '../../src/toolkit';
import { bareRepository, git, gitEnv } from '../helpers/git';
import { sshKey } from '../publish/keys';
import { CJS, project, shop } from './project';

it('the key in the variable signs, and is not shown to a command that is the program', async () => {
  const remote = bareRepository();
  const cwd = project({
    'cdk8s.yaml': 'app: env >seen && node main.cjs\n',
    'main.cjs': shop({ url: `file://${remote}`, imports: CJS }),
  });
  const { pem, fingerprint } = sshKey();
  const env = { ...gitEnv, CDK8S_GITOPS_SIGNING_KEY: pem };
  expect((await publish({ cwd, env })).signature).toEqual({ format: 'ssh', key: fingerprint });
  expect(git(remote, 'cat-file', 'commit', 'main')).toContain('gpgsig -----BEGIN SSH SIGNATURE-----');
  const seen = readFileSync(join(cwd, 'seen'), 'utf8');
  expect(seen).toContain('CDK8S_OUTDIR=');
  expect(seen).not.toMatch(/SIGNING_KEY|PRIVATE KEY/);
});
