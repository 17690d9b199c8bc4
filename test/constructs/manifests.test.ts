import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonPatch } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Application, Manifests } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { temporaryFolder } from '../helpers/git';
import { objectsOf, sorted } from '../synth/fidelity/harness';
import { oneEnvironment, problemsOf } from '../synth/platforms';

function folderWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function manifestsOf(files: string | readonly string[]) {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout', { labels: { team: 'checkout' } });
  return { platform, manifests: new Manifests(application, 'manifests', { files }) };
}

const object = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\n`;

describe('plain manifests', () => {
  it('are taken from files and folders, at any depth, as Kubernetes reads them', () => {
    const folder = folderWith({
      'one.yaml': `${object('one')}data: {mode: "0775", on: "yes"}\n---\n${object('two')}`,
      'deep/er/three.json': '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "three"}}',
      'deep/list.yml': `apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: four}, spec: {mode: 0775}}]\n`,
      'README.md': 'not a manifest',
    });
    const { platform, manifests } = manifestsOf([join(folder, 'one.yaml'), join(folder, 'deep')]);
    expect(manifests.apiObjects.map(({ name }) => name).sort()).toEqual(['four', 'one', 'three', 'two']);
    const labels = { team: 'checkout' };
    expect(sorted(objectsOf(synthesize(platform, { reportIssues: true })))).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', labels }, data: { mode: '0775', true: 'yes' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'two', labels } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'four', labels }, spec: { mode: 0o775 } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'three', labels } },
    ]);
  });

  it('can be patched', () => {
    const { platform, manifests } = manifestsOf(join(folderWith({ 'a.yaml': object('a') }), 'a.yaml'));
    manifests.apiObjects[0]?.addJsonPatch(JsonPatch.add('/data', { patched: 'true' }));
    expect(objectsOf(synthesize(platform, { reportIssues: true }))[0]?.data).toEqual({ patched: 'true' });
  });

  it('tell apart what differs in namespace or group only', () => {
    const text = [
      object('a', ', namespace: x'),
      object('a', ', namespace: y'),
      object('a').replace('v1', 'acme.io/v1'),
    ];
    const { platform } = manifestsOf(join(folderWith({ 'a.yaml': text.join('---\n') }), 'a.yaml'));
    expect(objectsOf(synthesize(platform, { reportIssues: true }))).toHaveLength(3);
  });

  it('say everything that is wrong with them at once, with the file', () => {
    const folder = folderWith({
      'bad/broken.yaml': '{',
      'bad/nameless.yaml': 'apiVersion: v1\nkind: ConfigMap\n---\nkind: ConfigMap\nmetadata: {name: a}\n---\ntext\n',
      'bad/twice.yaml': `${object('a')}---\n${object('a')}`,
      'empty/notes.txt': '',
    });
    const { platform } = manifestsOf([join(folder, 'bad'), join(folder, 'empty'), join(folder, 'missing.yaml')]);
    const problems = problemsOf(platform);
    expect(new Set(problems.map(([where]) => where))).toEqual(new Set(['dev/checkout/manifests']));
    const text = problems.map(([, message]) => message).join('\n');
    for (const part of ['broken.yaml', 'object 1 is no', 'object 2 is no', 'object 3 is no', 'a second time']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('holds no .yaml');
    expect(text).toContain('missing.yaml');
    expect(problems).toHaveLength(7);
  });
});
