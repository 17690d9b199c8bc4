import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('documentation', () => {
  it('explains every error code, and no other', () => {
    const declared = [...read('src/errors.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code);
    const explained = [...read('docs/reference/errors.md').matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
      [...String(cell).matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code),
    );
    expect(declared.length).toBeGreaterThan(20);
    expect(explained.sort()).toEqual(declared.sort());
  });

  it('has a page for every command', () => {
    const commands = readdirSync(join(root, 'src/cli/commands')).map((file) => file.replace(/\.ts$/, ''));
    const pages = readdirSync(join(root, 'docs/reference')).map((file) => file.replace(/\.md$/, ''));
    expect(commands).toContain('publish');
    expect(commands.filter((command) => command !== 'completion' && !pages.includes(command))).toEqual([]);
  });

  it('links to what is there', () => {
    const pages = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.md') && !/node_modules|rendered|\.cache|^dist/.test(path),
    );
    const broken: string[] = [];
    for (const page of pages) {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
        const path = resolve(root, dirname(page), String(target));
        if (statSync(path, { throwIfNoEntry: false }) === undefined) broken.push(`${page}: ${target}`);
      }
    }
    expect(pages).toContain('README.md');
    expect(broken).toEqual([]);
  });
});
