import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(__dirname, '..', '..');
const cli = join(root, 'lib', 'cli', 'main.js');

/** Each program, and where its tree is kept. `npm run examples` renders them anew. */
const examples = [
  ['examples/shop/main.ts', 'examples/shop/rendered'],
  ['examples/teams/platform/main.ts', 'examples/teams/platform/rendered'],
  ['examples/teams/checkout/main.ts', 'examples/teams/checkout/rendered'],
  ['examples/teams/payments/main.ts', 'examples/teams/payments/rendered'],
  ['examples/secrets/main.ts', 'examples/secrets/rendered'],
] as const;

/** Examples that read files beside their program run where it is. */
const atHome: readonly string[] = ['examples/secrets/main.ts'];

function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

function synth(program: string, output: string) {
  const cwd = atHome.includes(program) ? dirname(join(root, program)) : root;
  return spawnSync(process.execPath, [cli, 'synth', '--app', join(root, program), '--output', output], {
    cwd,
    encoding: 'utf8',
  });
}

describe.each(examples)('%s', (program, rendered) => {
  it('renders the tree that is kept beside it', () => {
    const output = mkdtempSync(join(tmpdir(), 'example-'));
    try {
      const run = synth(program, output);
      expect(run.stderr).not.toContain('error');
      expect(run.status).toBe(0);
      expect(filesIn(output)).toEqual(filesIn(join(root, rendered)));
    } finally {
      rmSync(output, { recursive: true, force: true });
    }
  });

  it('recognizes the kept tree as its own, and changes nothing in it', () => {
    const output = mkdtempSync(join(tmpdir(), 'example-'));
    try {
      cpSync(join(root, rendered), output, { recursive: true });
      const run = synth(program, output);
      expect(run.status).toBe(0);
      expect(run.stdout + run.stderr).toMatch(/0 written, 0 removed/);
    } finally {
      rmSync(output, { recursive: true, force: true });
    }
  });
});

it('gives each team paths of its own', () => {
  const teams = examples.filter(([program]) => program.startsWith('examples/teams/'));
  const trees = teams.map(([, rendered]) => [...filesIn(join(root, rendered)).keys()]);
  const owned = trees.map((paths) => paths.filter((path) => /^(clusters|environments|releases)\//.test(path)));
  const all = owned.flat();
  expect(owned.every((paths) => paths.length > 0)).toBe(true);
  expect(new Set(all).size).toBe(all.length);
});
