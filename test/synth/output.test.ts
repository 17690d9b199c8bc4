import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Application, Platform } from '../../src';
import { readTree, TREE_FILE, writeTree } from '../../src/synth/output';
import { synthesize } from '../../src/synth/synthesize';
import { temporaryFolder } from '../helpers/git';
import { configMap, filesOf, oneEnvironment, URL } from './platforms';

afterEach(() => vi.unstubAllEnvs());

function platformWith(outdir: string | undefined, ...applications: string[]): Platform {
  const { platform, dev } = oneEnvironment(outdir === undefined ? {} : { outdir });
  for (const name of applications) {
    const application = new Application(dev, name);
    configMap(application, 'a');
    configMap(application, 'b');
  }
  return platform;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const contentsOf = (folder: string) =>
  Object.fromEntries(filesIn(folder).map((f) => [f, readFileSync(join(folder, f), 'utf8')]));

describe('platform.synth()', () => {
  it('writes the tree, the front page and its listing to the output folder', () => {
    const outdir = join(temporaryFolder(), 'deep', 'dist');
    const platform = platformWith(outdir, 'checkout');
    platform.synth();
    const expected = [
      ...Object.keys(filesOf(synthesize(platform))),
      '.gitattributes',
      TREE_FILE,
      'CODEOWNERS',
      'README.md',
    ];
    expect(filesIn(outdir)).toEqual(expected.sort());
    for (const [path, content] of Object.entries(filesOf(synthesize(platform)))) {
      expect(readFileSync(join(outdir, path), 'utf8')).toBe(content);
    }
  });

  it('writes to CDK8S_OUTDIR, and rather to what the program says', () => {
    const [a, b] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
    vi.stubEnv('CDK8S_OUTDIR', a);
    platformWith(undefined, 'checkout').synth();
    expect(existsSync(join(a, 'README.md'))).toBe(true);
    platformWith(b, 'checkout').synth();
    expect(existsSync(join(b, 'README.md'))).toBe(true);
  });

  it('touches no file that stays as it is', () => {
    const outdir = temporaryFolder();
    platformWith(outdir, 'checkout').synth();
    for (const file of filesIn(outdir)) utimesSync(join(outdir, file), 1, 1);
    platformWith(outdir, 'checkout').synth();
    for (const file of filesIn(outdir)) expect(statSync(join(outdir, file)).mtimeMs, file).toBe(1000);
  });

  it('restores what was changed by hand, and writes nothing else', () => {
    const outdir = temporaryFolder();
    const platform = platformWith(outdir, 'checkout');
    platform.synth();
    const file = 'environments/dev/checkout/configmap-checkout-a.yaml';
    writeFileSync(join(outdir, file), 'kind: Edited\n');
    const done = writeTree(synthesize(platform), outdir);
    expect(done.removed).toEqual([]);
    expect(done.written).toEqual([file]);
    expect(done.unchanged).toBe(filesIn(outdir).length - 1);
    expect(readFileSync(join(outdir, file), 'utf8')).toContain('name: checkout-a');
  });

  it('removes what is no longer there, with the folders that are empty then', () => {
    const outdir = temporaryFolder();
    platformWith(outdir, 'cart', 'checkout').synth();
    const { removed } = writeTree(synthesize(platformWith(outdir, 'checkout')), outdir);
    expect(removed).toEqual([
      'clusters/eu-1/applications/dev.cart.yaml',
      'clusters/eu-1/namespaces/dev.cart/namespace-dev-cart.yaml',
      'clusters/eu-1/units/dev.cart/application-dev.cart.kept.yaml',
      'clusters/eu-1/units/dev.cart/application-dev.cart.yaml',
      'clusters/eu-1/units/dev.cart/appproject-dev.cart.yaml',
      'environments/dev/cart/configmap-cart-a.yaml',
      'environments/dev/cart/configmap-cart-b.yaml',
      'registrations/eu-1/dev.cart.yaml',
      'releases/dev/cart.yaml',
    ]);
    expect(existsSync(join(outdir, 'environments/dev/cart'))).toBe(false);
    const fresh = temporaryFolder();
    platformWith(fresh, 'checkout').synth();
    expect(contentsOf(outdir)).toEqual(contentsOf(fresh));
  });

  it('writes nothing when the platform is wrong', () => {
    const outdir = join(temporaryFolder(), 'dist');
    const platform = platformWith(outdir, 'checkout', 'checkout');
    expect(() => platform.synth()).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
    expect(existsSync(outdir)).toBe(false);
  });

  it('records constructs as cdk8s does, where that is asked for', () => {
    const outdir = temporaryFolder();
    const { platform, dev } = oneEnvironment({ outdir, recordConstructMetadata: true });
    configMap(new Application(dev, 'checkout'), 'a');
    platform.synth();
    expect(JSON.parse(readFileSync(join(outdir, 'construct-metadata.json'), 'utf8'))).toEqual({
      version: '1.0.0',
      resources: { 'checkout-a': { path: 'dev/checkout/a' } },
    });
    platformWith(outdir, 'checkout').synth();
    expect(existsSync(join(outdir, 'construct-metadata.json'))).toBe(false);
    vi.stubEnv('CDK8S_RECORD_CONSTRUCT_METADATA', 'true');
    platformWith(outdir, 'checkout').synth();
    expect(existsSync(join(outdir, 'construct-metadata.json'))).toBe(true);
  });

  it('needs five lines for the smallest program', () => {
    const outdir = temporaryFolder();
    const platform = new Platform({ name: 'shop', environmentRepository: { url: URL }, outdir });
    expect(platform.outdir).toBe(outdir);
    platform.synth();
    expect(filesIn(outdir)).toEqual(['.cdk8s-gitops.json', '.gitattributes', 'CODEOWNERS', 'README.md']);
  });
});

describe('an output folder', () => {
  function refused(folder: string): string {
    const before = contentsOf(folder);
    let message = '';
    try {
      platformWith(folder, 'other').synth();
    } catch (error) {
      expect(error).toMatchObject({ code: 'OUTPUT_FOREIGN_FILES' });
      message = String(error);
    }
    expect(message, 'it is refused').not.toBe('');
    expect(contentsOf(folder)).toEqual(before);
    return message;
  }

  it.each(['notes.txt', 'environments/dev/checkout/by-hand.yaml', '.git/config'])(
    'with a foreign %s is left alone',
    (path) => {
      const folder = temporaryFolder();
      platformWith(folder, 'checkout').synth();
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), 'mine');
      expect(refused(folder)).toContain(path);
    },
  );

  it('that no run has written to is left alone, and the first of its files are named', () => {
    const folder = temporaryFolder();
    for (let n = 10; n < 25; n++) writeFileSync(join(folder, `file-${n}`), '');
    const message = refused(folder);
    expect(message).toContain('file-10');
    expect(message).toContain('and 5 more');
  });

  it.each(['', '{', '[]', 'null', '{"sections": [{}], "others": []}', '{"sections": 1}'])(
    'whose listing is damaged (%j) is left alone',
    (listing) => {
      const folder = temporaryFolder();
      platformWith(folder, 'checkout').synth();
      writeFileSync(join(folder, TREE_FILE), listing);
      refused(folder);
    },
  );

  it('does not lend its name to files elsewhere: a listing can only name what lies inside', () => {
    const parent = temporaryFolder();
    const folder = join(parent, 'dist');
    writeFileSync(join(parent, 'precious'), 'keep');
    platformWith(folder, 'checkout').synth();
    const listing = JSON.parse(readFileSync(join(folder, TREE_FILE), 'utf8'));
    writeFileSync(join(folder, TREE_FILE), JSON.stringify({ ...listing, others: [...listing.others, '../precious'] }));
    platformWith(folder, 'other').synth();
    expect(readFileSync(join(parent, 'precious'), 'utf8')).toBe('keep');
  });

  it.each(['README.md', 'environments/dev/checkout/configmap-checkout-a.yaml', TREE_FILE])(
    'is not written to through a link at %s',
    (path) => {
      const outside = join(temporaryFolder(), 'outside');
      writeFileSync(outside, 'keep');
      const folder = temporaryFolder();
      platformWith(folder, 'checkout').synth();
      rmSync(join(folder, path));
      symlinkSync(outside, join(folder, path));
      expect(() => platformWith(folder, 'checkout').synth()).toThrow(
        expect.objectContaining({ code: 'OUTPUT_FOREIGN_FILES', message: expect.stringContaining(path) }),
      );
      expect(readFileSync(outside, 'utf8')).toBe('keep');
      expect(lstatSync(join(folder, path)).isSymbolicLink()).toBe(true);
    },
  );

  it('is not written to through a link that stands for a folder', () => {
    const outside = temporaryFolder();
    const folder = temporaryFolder();
    symlinkSync(outside, join(folder, 'environments'));
    expect(() => platformWith(folder, 'checkout').synth()).toThrow(
      expect.objectContaining({ code: 'OUTPUT_FOREIGN_FILES' }),
    );
    expect(readdirSync(outside)).toEqual([]);
  });

  it('is a folder: a file or a link there is refused', () => {
    const parent = temporaryFolder();
    writeFileSync(join(parent, 'file'), 'keep');
    symlinkSync(temporaryFolder(), join(parent, 'link'));
    for (const name of ['file', 'link', 'file/below']) {
      expect(() => platformWith(join(parent, name), 'checkout').synth(), name).toThrow(
        expect.objectContaining({ code: 'OUTPUT_FOREIGN_FILES' }),
      );
    }
    expect(readFileSync(join(parent, 'file'), 'utf8')).toBe('keep');
  });

  it('may hold what desktop systems leave behind', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.DS_Store'), 'x');
    platformWith(folder, 'checkout').synth();
    expect(readFileSync(join(folder, '.DS_Store'), 'utf8')).toBe('x');
  });

  it('that a run was cut short in is finished by the next one', () => {
    const folder = temporaryFolder();
    platformWith(folder, 'cart', 'checkout').synth();
    const before = contentsOf(folder);
    // A folder in the place of a file: writing it fails when the rest is done.
    rmSync(join(folder, 'releases/dev/cart.yaml'));
    mkdirSync(join(folder, 'releases/dev/other.yaml'), { recursive: true });
    expect(() => platformWith(folder, 'checkout', 'other').synth()).toThrow();
    rmSync(join(folder, 'releases/dev/other.yaml'), { recursive: true });
    platformWith(folder, 'cart', 'checkout').synth();
    expect(contentsOf(folder)).toEqual(before);
  });
});

describe('a tree that was written', () => {
  it('is read back as it was', () => {
    const folder = temporaryFolder();
    const tree = synthesize(platformWith(folder, 'checkout'));
    writeTree(tree, folder);
    const read = readTree(folder);
    expect(filesOf(read)).toEqual(filesOf(tree));
    // Rules that are the default are not written; see rules.test.ts.
    const bare = ({ sections, environments: _, clusters: __, ...rest }: typeof tree) => ({
      ...rest,
      sections: sections.map(({ files: _, ...s }) => s),
    });
    expect(bare(read)).toEqual(bare(tree));
  });

  it.each([undefined, '', '{}', 'null', '{"sections": [{"files": ["missing"]}]}'])(
    'is missed where the listing is %j',
    (listing) => {
      const folder = temporaryFolder();
      if (listing !== undefined) writeFileSync(join(folder, TREE_FILE), listing);
      expect(() => readTree(folder)).toThrow(expect.objectContaining({ code: 'APP_NO_PLATFORM' }));
    },
  );
});
