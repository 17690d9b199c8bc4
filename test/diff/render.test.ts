import { describe, expect, test } from 'vitest';
import { diffValues } from '../../src/diff/fields';
import { diffObjects } from '../../src/diff/objects';
import { renderDiff } from '../../src/diff/render';

function fields(before: unknown, after: unknown, width = 80): string {
  const section = { kind: 'repository' } as const;
  const diff = { file: 'f.yaml', section, change: 'changed', fields: diffValues(before, after) } as const;
  return renderDiff([diff], { color: false, width }).split('\n').slice(2, -2).join('\n');
}

const deployment = (replicas: number, image: string, more = '') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: api
          image: ${image}
${more}`;
const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: 80}]}\n`;

const DIFF = diffObjects([
  {
    path: 'environments/dev/shop/deployment-api.yaml',
    before: deployment(1, 'ghcr.io/acme/api:1.0'),
    after: deployment(3, 'ghcr.io/acme/api:1.1', '          env:\n            - name: A\n              value: "1"\n'),
  },
  { path: 'environments/dev/shop/a.yaml', before: service('svc') },
  { path: 'environments/dev/shop/b.yaml', after: service('svc') },
  { path: 'environments/prod/web/service-web.yaml', after: service('web') },
  { path: 'environments/prod.yaml', before: 'kind: Environment\nstage: a\n', after: 'kind: Environment\nstage: b\n' },
  { path: 'clusters/eu-1/operator/service-x.yaml', before: service('x') },
  { path: 'README.md', before: '# A\n', after: '# B\n' },
]);

describe('a whole diff', () => {
  test('as text', () => {
    expect(renderDiff(DIFF, { color: false, width: 100 })).toMatchInlineSnapshot(`
      "environment dev
        shop
          ~ apps/v1 Deployment shop/api
              ~ spec.replicas: 1 → 3
              + spec.template.spec.containers[name=api].env: [{name: A, value: "1"}]
              ~ spec.template.spec.containers[name=api].image: ghcr.io/acme/api:1.0 → ghcr.io/acme/api:1.1
          → v1 Service svc
              moved from environments/dev/shop/a.yaml to environments/dev/shop/b.yaml

      environment prod
        ~ environments/prod.yaml
            ~ stage: a → b
        web
          + v1 Service web

      cluster eu-1
        - v1 Service x

      repository
        ~ README.md
            ~ (content):
                @@ -1,1 +1,1 @@
                - # A
                + # B

      4 objects changed in 2 applications: +1 ~1 −1 →1, and 2 other files"
    `);
  });

  test('with the fields of what is added or removed', () => {
    const diff = DIFF.filter(({ change }) => change === 'added' || change === 'removed');
    expect(renderDiff(diff, { color: false, full: true })).toMatchInlineSnapshot(`
      "environment prod
        web
          + v1 Service web
              + metadata: {name: web}
              + spec: {ports: [{port: 80}]}

      cluster eu-1
        - v1 Service x
            - metadata: {name: x}
            - spec: {ports: [{port: 80}]}

      2 objects changed in 1 application: +1 ~0 −1"
    `);
  });

  test('in colour, which is all that differs', () => {
    const text = renderDiff(DIFF, { color: true, width: 100 });
    expect(text).toContain('\u001b[32m    + v1 Service web\u001b[39m');
    const bare = text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    expect(bare).toBe(renderDiff(DIFF, { color: false, width: 100 }));
  });

  test('of nothing', () => {
    expect(renderDiff([], { color: false })).toBe('no changes');
  });
});

describe('fields', () => {
  test('types can be told apart', () => {
    const before = { a: '1', b: 'true', c: null, d: '', e: 'x', f: 'a → b', g: {} };
    const after = { a: 1, b: true, c: 'null', d: ' ', e: ['x'], f: 'a', g: [] };
    expect(fields(before, after)).toMatchInlineSnapshot(`
      "      ~ a: "1" → 1
            ~ b: "true" → true
            ~ c: null → "null"
            ~ d: "" → " "
            ~ e: x → [x]
            ~ f: "a → b" → a
            ~ g: {} → []"
    `);
  });

  test('what does not fit goes on lines of its own, cut where it differs', () => {
    const long = 'x'.repeat(300);
    expect(fields({ a: `${long}1`, b: 'y'.repeat(50) }, { a: `${long}2`, b: 'z'.repeat(50) })).toMatchInlineSnapshot(`
      "      ~ a:
                - …xxxxxxxxxxxxxxxxx1
                + …xxxxxxxxxxxxxxxxx2
            ~ b:
                - yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
                + zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
    `);
  });

  test('nested values', () => {
    const after = {
      a: { list: [{ name: 'x', tags: ['a', 'b, c'], more: [[1], []] }, 'text'], text: 'one\ntwo\n', none: {} },
    };
    expect(fields({}, after)).toMatchInlineSnapshot(`
      "      + a:
                list:
                  - name: x
                    tags:
                      - a
                      - b, c
                    more:
                      - - 1
                      - []
                  - text
                text: |
                  one
                  two
                none: {}"
    `);
    expect(fields({ a: 1 }, { a: { b: 1, c: [2, 3] } })).toMatchInlineSnapshot(`"      ~ a: 1 → {b: 1, c: [2, 3]}"`);
  });

  test('order', () => {
    const names = (...all: string[]) => ({ initContainers: all.map((name) => ({ name })), args: all });
    expect(fields(names('a', 'b', 'c'), names('c', 'a', 'b'))).toMatchInlineSnapshot(`
      "      ~ args: order a, b, c → c, a, b
            ~ initContainers: order a, b, c → c, a, b"
    `);
  });

  test('texts of several lines', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
    const now = lines.map((line, i) => (i === 3 ? 'LINE\t3' : line));
    expect(
      fields({ a: `${lines.join('\n')}\n` }, { a: [...now.slice(0, 18), 'new', '18', '19'].join('\n') }),
    ).toMatchInlineSnapshot(`
      "      ~ a:
                @@ -1,7 +1,7 @@
                  line 0
                  line 1
                  line 2
                - line 3
                + LINE  3
                  line 4
                  line 5
                  line 6
                @@ -16,5 +16,6 @@
                  line 15
                  line 16
                  line 17
                - line 18
                - line 19
                + new
                + 18
                + 19
                \\ No newline at end of file"
    `);
    expect(fields({ a: 'one' }, { a: 'one\ntwo\n' })).toMatchInlineSnapshot(`"      ~ a: one → "one\\ntwo\\n""`);
  });
});

describe('hostile values', () => {
  test('cannot speak to the terminal', () => {
    const evil = '\u001b[2J\u009b31m\u202egnp.exe\u2066\u200b\r\n\u0007\ud800';
    const text = fields(
      { [evil]: 1, list: [{ name: evil }], x: 'a\nb\n' },
      { [evil]: evil, list: [{ name: evil, v: evil }], x: `a\n${evil}` },
    );
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
    expect(text).toContain('\\u001b[2J\\u009b31m\\u202egnp.exe\\u2066\\u200b');
    const object = JSON.stringify({ apiVersion: evil, kind: evil, metadata: { name: evil, namespace: evil } });
    const diff = diffObjects([{ path: `environments/${evil}/${evil}/x.yaml`, after: object }]);
    expect(renderDiff(diff, { color: false }).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
  });

  test('of any length take little room and time', () => {
    const start = performance.now();
    const big = 'x'.repeat(3_000_000);
    const lines = (seed: number) => Array.from({ length: 50_000 }, (_, i) => `${(i * seed) % 7919}`).join('\n');
    const before = { a: `${big}1`, b: lines(3), c: Array.from({ length: 10_000 }, (_, i) => `${i}`) };
    const after = {
      a: `${big}2`,
      b: lines(7),
      d: { [big]: big },
      e: Array.from({ length: 100_000 }, () => ({ k: 'v' })),
    };
    const text = fields(before, after, 100);
    expect(text.split('\n').length).toBeLessThan(400);
    expect(text.length).toBeLessThan(40_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('more changes than anyone reads are counted', () => {
    const many = (value: number) => Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, value]));
    expect(fields(many(1), many(2)).split('\n').at(-1)).toBe('      … 800 more changes');
  });
});
