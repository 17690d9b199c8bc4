import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/yaml/parse';
import { splitYaml } from '../../src/yaml/split';

describe('documents as text', () => {
  it('are what lies between markers', () => {
    expect(splitYaml('a: 1\n---\nb: 2\n---\n')).toEqual([
      { text: 'a: 1\n', line: 1 },
      { text: 'b: 2\n', line: 2 },
    ]);
  });

  it('are not those that hold nothing but comments', () => {
    expect(splitYaml('# head\n---\n\n# more\n--- # bare\n---\na: 1').map(({ text }) => text)).toEqual(['a: 1']);
    expect(splitYaml('')).toEqual([]);
  });

  it('may follow their marker', () => {
    expect(splitYaml('--- {a: 1}\n---\t[2]\n---\n  b: 3\n  c: 4\n').map(({ text }) => parseYaml(text)[0])).toEqual([
      { a: 1 },
      [2],
      { b: 3, c: 4 },
    ]);
  });

  it('may be indented', () => {
    expect(splitYaml('  a: 1\n  b: 2\n').map(({ text }) => parseYaml(text)[0])).toEqual([{ a: 1, b: 2 }]);
  });

  it('are not parted by dashes inside of them', () => {
    const text = 'a: |\n  ---\n  b\nc: ---x\n----: 1\n';
    expect(splitYaml(text)).toEqual([{ text, line: 1 }]);
  });

  it('have the line ends of one sort', () => {
    expect(splitYaml('\ufeffa: 1\r\n---\r\nb: 2\r\n').map(({ text }) => text)).toEqual(['a: 1\n', 'b: 2\n']);
  });

  it.each([
    'a: 1\n---\nb: [1, 2]\n---\n# no\n---\nc: "---"\n',
    '---\na: |\n  x\n\n  ---\n---\nb: 1\n',
    '# c\na:\n- b\n---\n\n---\nd: 2',
    'a: |+\n  x\n\n---\nb: |\n  y',
  ])('mean what the stream means: %j', (stream) => {
    expect(splitYaml(stream).flatMap(({ text }) => parseYaml(text))).toEqual(parseYaml(stream));
  });
});
