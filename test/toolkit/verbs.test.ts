import { describe, expect, it } from 'vitest';
import { diff, type Host, publish, status, synth, verify } from '../../src/toolkit';
import { findOrphans } from '../../src/toolkit/orphans';
import { commitsOf, git, gitEnv } from '../helpers/git';
import { failure } from './failure';
import { shop, shopProject, write } from './project';

/** A host that keeps what it is told. */
function listener(): Required<Host> & { readonly phases: string[]; readonly warnings: string[] } {
  const phases: string[] = [];
  const warnings: string[] = [];
  return {
    phases,
    warnings,
    progress: ({ phase }) => void (phases.at(-1) === phase || phases.push(phase)),
    warn: (message) => void warnings.push(message),
    output: () => {},
  };
}

describe('the verbs, called by a program', () => {
  it('tell the host of their progress, and return results', async () => {
    const { folder: cwd, remote } = shopProject();
    const host = listener();
    const published = await publish({ cwd, env: gitEnv, host });
    expect(published.outcome).toBe('published');
    expect(host.phases).toEqual(['load', 'connect', 'fetch', 'plan', 'write', 'push', 'done']);
    expect(published.commit).toBe(git(remote, 'rev-parse', 'main'));

    expect(await diff({ cwd, env: gitEnv })).toMatchObject({ changed: false, objects: [], commit: published.commit });
    expect((await status({ cwd, env: gitEnv })).units).toHaveLength(4);
    expect(await verify({ remote, env: gitEnv })).toMatchObject({
      ok: true,
      checked: { units: 4, environments: 2, clusters: 1 },
    });
    expect(await synth({ cwd })).toMatchObject({ output: 'dist', units: 4, environments: 2, clusters: 1 });
    expect((await synth({ cwd })).written).toEqual([]);
  });

  it('load a program anew when it is called again', async () => {
    const { folder: cwd, url } = shopProject({ applications: ['a'] });
    expect((await synth({ cwd })).units).toBe(2);
    write(cwd, { 'main.mts': shop({ url, applications: ['a', 'b'] }) });
    expect((await synth({ cwd })).units).toBe(4);
    expect((await synth({ cwd })).units).toBe(4);
  });

  it('end when they are told to', async () => {
    const { folder: cwd, remote } = shopProject();
    const controller = new AbortController();
    const host: Host = { progress: ({ phase }) => phase === 'plan' && controller.abort(new Error('enough')) };
    await expect(publish({ cwd, env: gitEnv, host, signal: controller.signal })).rejects.toThrow();
    expect(git(remote, 'for-each-ref')).toBe('');
    await expect(status({ cwd, env: gitEnv, signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
    await publish({ cwd, env: gitEnv });
    expect(commitsOf(remote)).toHaveLength(1);
  });

  it('say what is wrong with a folder', async () => {
    const { folder: cwd } = shopProject();
    await failure(synth({ cwd, output: '..' }), 'OUTPUT_FOREIGN_FILES');
    write(cwd, { file: '' });
    await failure(synth({ cwd, output: 'file/below' }), 'OUTPUT_FOREIGN_FILES');
    await failure(synth({ cwd, output: 'x'.repeat(300) }), 'OUTPUT_UNWRITABLE');
    await failure(verify({ cwd, dir: 'nowhere' }), 'REMOTE_NOT_A_REPOSITORY');
  });
});

describe('orphans', () => {
  const unit = { kind: 'unit', environment: 'dev', application: 'api', cluster: 'eu' } as const;
  const paths = [
    'README.md',
    'releases/dev/api.yaml',
    'environments/dev/api/a.yaml',
    'environments/dev/other/deep/b.yaml',
    'environments/loose.txt',
    'clusters/eu/applications/dev.api.yaml',
    'clusters/eu/applications/dev.other.yaml',
    'clusters/us/applications/dev.api.yaml',
    'top/deep/file',
  ];

  it('are told of as the topmost path that is nobody else’s', () => {
    expect(findOrphans(paths, [unit])).toEqual({
      sections: [
        'environments/dev/other',
        'environments/loose.txt',
        'clusters/eu/applications/dev.other.yaml',
        'clusters/us',
      ],
      others: ['top'],
    });
  });

  it('are not the parts of a unit whose record is broken', () => {
    const { sections } = findOrphans(paths, [{ ...unit, cluster: '' }]);
    expect(sections).toEqual([
      'environments/dev/other',
      'environments/loose.txt',
      'clusters/eu/applications/dev.other.yaml',
    ]);
  });
});
