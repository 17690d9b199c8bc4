import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withPrivateKey } from '../../src/publish/signing/key-file';
import { temporaryFolder } from '../helpers/git';
import { ROOT } from '../toolkit/project';
import { sshKey } from './keys';

describe('a private key that is in memory', () => {
  test('is a file for the user alone where files have to have names, and is gone whatever happens', async () => {
    const key = sshKey();
    const payload = 'hello';
    let seen = '';
    const signature = await withPrivateKey(
      key.pem,
      async ({ path, files }) => {
        seen = path;
        expect(files).toEqual([]);
        expect(statSync(path).mode & 0o777).toBe(0o600);
        expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
        return execFileSync('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', path], { input: payload, stdio: 'pipe' });
      },
      false,
    );
    expect(String(signature)).toContain('BEGIN SSH SIGNATURE');
    expect(existsSync(dirname(seen))).toBe(false);
    const failing = withPrivateKey(
      key.pem,
      async ({ path }) => {
        seen = path;
        throw new Error('enough');
      },
      false,
    );
    await expect(failing).rejects.toThrow('enough');
    expect(existsSync(dirname(seen))).toBe(false);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no file behind after %s', async (signal) => {
    const file = join(temporaryFolder(), 'path');
    const program = `
      const { withPrivateKey } = require(${JSON.stringify(join(ROOT, 'lib/publish/signing/key-file.js'))});
      const wait = ({ path }) => new Promise(() => {
        require('node:fs').writeFileSync(${JSON.stringify(file)}, path);
        setInterval(() => {}, 1000);
      });
      void withPrivateKey('secret', wait, false);`;
    const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 10_000 }).toBeTruthy();
    const path = readFileSync(file, 'utf8');
    expect(readFileSync(path, 'utf8')).toBe('secret\n');
    child.kill(signal);
    const [, by] = await once(child, 'close');
    expect(by).toBe(signal);
    expect(existsSync(dirname(path))).toBe(false);
  });
});
