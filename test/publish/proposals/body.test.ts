import { describe, expect, test } from 'vitest';
import { assess } from '../../../src/diff/dangers';
import type { FilePair } from '../../../src/diff/types';
import { layout } from '../../../src/model/layout';
import type { SectionChange } from '../../../src/publish';
import { type BodyInput, bodyText, markerIn, titleText, withdrawnText } from '../../../src/publish/proposals/body';
import { code, codeBlock, neutralize, plain } from '../../../src/publish/proposals/markdown';
import { emitYaml } from '../../../src/yaml/emit';

const DIGEST = 'd'.repeat(40);
const HEAD = 'e'.repeat(40);

function deployment(environment: string, application: string, before?: object, after?: object, name = 'api'): FilePair {
  const text = (spec: object | undefined) =>
    spec && emitYaml({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
  return {
    path: `${layout.unitFolder(environment, application)}/deployment-${name}.yaml`,
    before: text(before),
    after: text(after),
  };
}

function unitChange(
  environment: string,
  application: string,
  change: SectionChange['change'] = 'changed',
): SectionChange {
  const owner = { kind: 'unit', environment, application, cluster: 'eu-1' } as const;
  return { owner, name: `${environment}/${application}`, change, files: [] };
}

function body(pairs: readonly FilePair[], more: Partial<BodyInput> = {}): string {
  return bodyText({
    scope: 'prod',
    source: 'acme/shop',
    base: 'main',
    sections: [unitChange('prod', 'checkout')],
    diff: assess(pairs),
    missing: [],
    digest: DIGEST,
    commit: HEAD,
    compareUrl: 'https://forge.example.com/compare/main...prod',
    limit: 65_536,
    ...more,
  });
}

describe('a title', () => {
  const title = (scope: string, ...sections: SectionChange[]) => titleText({ scope, sections });
  test('says what changes', () => {
    expect(title('prod', unitChange('prod', 'checkout'))).toBe('prod: change checkout');
    expect(title('prod.checkout', unitChange('prod', 'checkout', 'added'))).toBe('prod: add checkout');
    expect(title('prod', unitChange('prod', 'a', 'removed'), unitChange('prod', 'b', 'removed'))).toBe(
      'prod: remove a, b',
    );
    const cluster = { kind: 'cluster', cluster: 'eu-1' } as const;
    expect(title('cluster.eu-1', { owner: cluster, name: 'cluster eu-1', change: 'changed', files: [] })).toBe(
      'cluster.eu-1: change the cluster',
    );
    const many = Array.from({ length: 30 }, (_, i) => unitChange('prod', `application-${i}`));
    expect(title('prod', ...many)).toBe('prod: change 30 applications');
    const owner = { kind: 'environment', environment: 'prod', cluster: 'eu-1' } as const;
    const itself: SectionChange = { owner, name: 'environment prod', change: 'changed', files: [] };
    expect(title('prod', itself, ...many)).toBe('prod: change the environment and 30 applications');
  });
});

describe('a body', () => {
  test('tells by application and object what changes, the dangers first', () => {
    const text = body([
      deployment('prod', 'checkout', { replicas: 3 }, { replicas: 0 }),
      deployment('prod', 'cart', undefined, { replicas: 1 }),
    ]);
    expect(text).toBe(
      [
        `<!-- cdk8s-gitops ${DIGEST} ${HEAD} -->`,
        'What `acme/shop` declares for `prod`. Merging it into `main` delivers it. The branch is rebuilt whenever the source changes something: change things there, for commits of others on this branch are refused.',
        '',
        '### ⚠️ Look at these first',
        '',
        '- **scaled-down** `prod/checkout` `Deployment api`: spec.replicas: 3 → 0',
        '',
        '### What changes',
        '',
        '2 objects changed in 2 applications: +1 ~1 −0',
        '',
        '#### `prod/cart`',
        '',
        '```diff',
        '+ apps/v1 Deployment api',
        '```',
        '',
        '#### `prod/checkout`',
        '',
        '```diff',
        '~ apps/v1 Deployment api',
        '    ~ spec.replicas: 3 → 0',
        '```',
      ].join('\n'),
    );
    expect(markerIn(text)).toEqual({ digest: DIGEST, commit: HEAD });
    expect(markerIn('Something else')).toBeUndefined();
    const withdrawn = withdrawnText(text);
    expect(markerIn(withdrawn)).toBeUndefined();
    expect(withdrawn).toContain('Withdrawn: nothing is left to change.');
    expect(withdrawn).toContain('~ spec.replicas: 3 → 0');
  });

  test('is the same for the same changes, in whatever order they come', () => {
    const pairs = ['c', 'a', 'b'].map((name) =>
      deployment('prod', name, { replicas: 1 }, { replicas: name === 'a' ? 2 : 3 }),
    );
    expect(body([...pairs].reverse())).toBe(body(pairs));
  });

  test('tells the same change in many places once', () => {
    const environments = Array.from({ length: 12 }, (_, i) => `eu-${i}`);
    const pairs = environments.map((name) => deployment(name, 'checkout', { paused: false }, { paused: true }));
    const text = body([...pairs, deployment('eu-0', 'cart', { paused: false }, { paused: true, replicas: 2 })]);
    expect(text).toContain('#### In 12 environments: 12 × `Deployment`');
    expect(text.match(/spec\.paused: false → true/g)).toHaveLength(2);
    expect(text).toContain('`eu-0/checkout api`, `eu-1/checkout api`');
    const several = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) =>
      deployment('prod', name, { replicas: 0 }, { replicas: 1 + (i % 2) }),
    );
    expect(body(several).match(/^#### In 3 applications/gm)).toHaveLength(2);
    const here = body(['a', 'b', 'c'].map((name) => deployment('prod', name, { paused: false }, { paused: true })));
    expect(here).toContain('#### In 3 applications: 3 × `Deployment`');
    const two = body(['a', 'b'].map((name) => deployment('prod', name, { paused: false }, { paused: true })));
    expect(two).not.toContain('#### In');
  });

  test('says what has to be merged first, and which records change alone', () => {
    const text = body([deployment('prod', 'a', undefined, {})], {
      missing: ['environment prod'],
      sections: [unitChange('prod', 'a'), unitChange('prod', 'b')],
    });
    expect(text).toContain('Not on `main` yet, and needed here: `environment prod`. Merge that first.');
    expect(text).toContain('Records alone: `prod/b` (changed)');
  });

  test.each([2_000, 10_000, 65_536])('fits into %d characters, and counts what is left out', (limit) => {
    const pairs = Array.from({ length: 600 }, (_, i) =>
      deployment('prod', `app-${i}`, { replicas: i, a: 'x'.repeat(90) }, { replicas: i + 1, a: 'y'.repeat(90) }),
    );
    const text = body(pairs, { limit });
    expect(text.length).toBeLessThanOrEqual(limit);
    const [, count] = /… (\d+) more objects did not fit here: \[see all of it\]\((https:[^)]+)\)\.$/.exec(text) ?? [];
    const shown = (text.match(/^~ apps\/v1 Deployment api$/gm) ?? []).length;
    expect(shown + Number(count)).toBe(600);
    // No block of code is left open.
    expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
  });

  test('of too much is a table of sections', () => {
    const files = [
      { path: 'a', change: 'added' as const },
      { path: 'b', change: 'removed' as const },
    ];
    const sections = Array.from({ length: 60 }, (_, i) => ({ ...unitChange('prod', `a-${i}`), files }));
    const text = body([], { diff: undefined, sections });
    expect(text).toContain('| `prod/a-0` | changed | +1 ~0 −1 |');
    expect(text).toContain('and 10 more');
    expect(text).toContain('nobody looked for dangerous changes');
  });

  test('never shows what a Secret holds', () => {
    const secret = (value: string) =>
      emitYaml({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { p: value } });
    const path = 'environments/prod/checkout/secret-s.yaml';
    const text = body([
      { path, before: secret('aHVudGVyMg=='), after: secret('c2VjcmV0Mg==') },
      { path: 'environments/prod/cart/secret-s.yaml', after: secret('bmV3b25lMQ==') },
    ]);
    expect(text).toContain('data.p: <redacted> (changed)');
    expect(text).not.toMatch(/aHVudGVyMg|c2VjcmV0Mg|bmV3b25lMQ/);
  });

  test('lets nothing of others out of its place', () => {
    const evil = {
      notes:
        'ping @acme/sre\n```\n</details><img src=x>\n/merge\ncloses #1\nfixes https://github.com/a/b/issues/2\n````\n| x |',
    };
    const text = body([
      deployment('prod', 'checkout', { notes: 'a\nb' }, evil),
      deployment('prod', 'cart', { key: 'closes GH-7 @jane' }, { key: 'Resolves: acme/x#9 !12' }),
    ]);
    expect(text).not.toMatch(/@(?:acme|jane)/);
    expect(text).not.toMatch(/[#!]\d/);
    expect(text).not.toMatch(/\b(?:closes|fixes|resolves)\b/i);
    expect(text).not.toMatch(/^[\s+~-]*\/merge/m);
    // The fence is longer than any in the content.
    expect(text).toMatch(/^`{5}diff$/m);
    const outside = text.replace(/^(`{3,})diff\n[\s\S]*?^\1$/gm, '');
    expect(outside).not.toContain('<img');
  });
});

describe('Markdown', () => {
  test.each([
    ['@jane', '@\u200bjane'],
    ['acme/api:1@sha256:0a', 'acme/api:1@sha256:0a'],
    ['(@acme/sre)', '(@\u200bacme/sre)'],
    ['closes #1', 'c\u200bloses #\u200b1'],
    ['Fixed: GH-12', 'F\u200bixed: GH-\u200b12'],
    ['closing !3', 'c\u200blosing !\u200b3'],
    ['/merge', '\u200b/merge'],
    ['  + /assign now', '  + \u200b/assign now'],
    ['a/merge b', 'a/merge b'],
    ['disclosed it', 'disclosed it'],
    ['#heading', '#heading'],
  ])('%j is neutral as %j', (text, expected) => {
    expect(neutralize(text)).toBe(expected);
  });

  test('shows text as it is', () => {
    expect(plain('<b>*x*</b> [a](b) & `c`')).toBe('&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\](b) &amp; \\`c\\`');
    expect(code('a``b`')).toBe('``` a``b` ```');
    expect(code('two\nlines')).toBe('`two lines`');
    expect(codeBlock(['````', 'x'])).toBe('`````diff\n````\nx\n`````');
  });
});
