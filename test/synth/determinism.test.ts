import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Deployment } from 'cdk8s-plus-27';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, type Platform } from '../../src';
import { indexFilesOf } from '../../src/model/index-files';
import { synthesize } from '../../src/synth/synthesize';
import { git, gitEnv, temporaryFolder } from '../helpers/git';
import { configMap, filesOf, newPlatform } from './platforms';

/** Same input, same bytes. */

const CLUSTERS = ['eu-1', 'us-1', 'ap-1'] as const;
const ENVIRONMENTS = ['dev', 'prod-ap', 'prod-eu', 'prod-us'] as const;
const APPLICATIONS = ['api', 'cart', 'checkout', 'web'] as const;

function declare(order: {
  clusters: readonly string[];
  environments: readonly string[];
  applications: readonly string[];
  owners: readonly string[];
}): Record<string, string> {
  const platform = newPlatform();
  const clusters = new Map<string, Cluster>();
  for (const name of order.clusters) {
    const cluster = new Cluster(platform, name);
    if (name === 'us-1') new Flux(cluster);
    else new ArgoCd(cluster);
    clusters.set(name, cluster);
  }
  const environments = order.environments.map(
    (name) =>
      new Environment(platform, name, {
        cluster: clusters.get({ dev: 'eu-1', 'prod-eu': 'eu-1', 'prod-us': 'us-1' }[name] ?? 'ap-1') as Cluster,
        owners: order.owners,
        namespaces: order.owners.map((owner) => `team-${owner}`),
      }),
  );
  for (const environment of environments) {
    for (const name of order.applications) {
      const dependsOn = { web: ['cart', 'api'], checkout: ['web'], api: ['cart'] }[name];
      const application = new Application(environment, name, { dependsOn });
      // Objects too, but for ids, which count into what cdk8s-plus makes of them.
      for (const id of order.applications) configMap(application, id, { data: { [id]: 'x', a: 'y' } });
    }
  }
  const tree = synthesize(platform);
  return { ...filesOf(tree), ...Object.fromEntries(indexFilesOf(tree)) };
}

describe('the order of declarations', () => {
  it('changes no byte', () => {
    const owners = ['acme', 'jane', 'ops'];
    const expected = declare({ clusters: CLUSTERS, environments: ENVIRONMENTS, applications: APPLICATIONS, owners });
    const permutation = <T>(all: readonly T[]) => fc.shuffledSubarray([...all], { minLength: all.length });
    fc.assert(
      fc.property(
        fc.record({
          clusters: permutation(CLUSTERS),
          environments: permutation(ENVIRONMENTS),
          applications: permutation(APPLICATIONS),
          owners: permutation(owners),
        }),
        (order) => {
          expect(declare(order)).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('does not show in the order of sections either', () => {
    const names = (applications: string[]) => {
      const platform = newPlatform();
      const cluster = new Cluster(platform, 'eu-1');
      new ArgoCd(cluster);
      const dev = new Environment(platform, 'dev', { cluster });
      for (const name of applications) configMap(new Application(dev, name), 'a');
      return synthesize(platform).sections.map(({ record, files }) => [record, [...files.keys()]]);
    };
    expect(names(['b', 'a'])).toEqual(names(['a', 'b']));
  });
});

describe('in a process of its own', () => {
  const program = `
    const jiti = require(${JSON.stringify(resolve('node_modules/jiti'))}).createJiti(__filename, { fsCache: false });
    const { Application, ArgoCd, Cluster, Environment, Platform } = jiti(${JSON.stringify(resolve('src/index.ts'))});
    const { Deployment } = require(${JSON.stringify(resolve('node_modules/cdk8s-plus-27'))});
    const platform = new Platform({
      name: 'shop', environmentRepository: { url: 'https://git.example.com/e.git' }, outdir: process.argv[2],
    });
    const cluster = new Cluster(platform, 'eu-1');
    new ArgoCd(cluster);
    const application = new Application(new Environment(platform, 'dev', { cluster }), 'checkout');
    new Deployment(application, 'IİŞ', { containers: [{ image: 'nginx:1.27', portNumber: 80 }] });
    platform.synth();
  `;

  function run(folder: string, env: Record<string, string>): Record<string, string> {
    const outdir = temporaryFolder();
    const script = join(temporaryFolder(), 'program.cjs');
    writeFileSync(script, program);
    execFileSync(process.execPath, [script, outdir], { cwd: folder, env: { ...gitEnv, ...env }, stdio: 'pipe' });
    const files = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    return Object.fromEntries(paths.map((path) => [path.slice(outdir.length), readFileSync(path, 'utf8')]));
  }

  it('neither folder nor time zone nor language count', () => {
    const repository = temporaryFolder();
    git(repository, 'init', '--quiet');
    git(repository, 'remote', 'add', 'origin', 'git@git.example.com:acme/shop.git');
    mkdirSync(join(repository, 'deep/er'), { recursive: true });
    const here = run(repository, { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' });
    const there = run(join(repository, 'deep/er'), { TZ: 'Asia/Kolkata', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' });
    expect(there).toEqual(here);
    expect(here['/releases/dev/checkout.yaml']).toContain('repository: acme/shop');
    expect(JSON.stringify(here)).not.toContain(repository);
  });
});

describe('work', () => {
  /** How often the tree of constructs is asked for something, per application. */
  function work(applications: number): Record<string, number> {
    const calls = { validate: 0, toJson: 0, findAll: 0, children: 0, dependencies: 0, path: 0 };
    const platform = fill(applications);
    const Node = Object.getPrototypeOf(platform.node);
    const restore: (() => void)[] = [];
    for (const name of Object.keys(calls) as (keyof typeof calls)[]) {
      const own = Object.getOwnPropertyDescriptor(Node, name);
      if (!own) continue;
      const { value, get } = own;
      const counted = value
        ? {
            value(...args: unknown[]) {
              calls[name]++;
              return value.apply(this, args);
            },
          }
        : {
            get() {
              calls[name]++;
              return get?.call(this);
            },
          };
      Object.defineProperty(Node, name, { ...counted, configurable: true });
      restore.push(() => Object.defineProperty(Node, name, own));
    }
    for (const construct of platform.node.findAll()) {
      if (!('toJson' in construct) || Application.isApplication(construct)) continue;
      const { toJson } = construct as unknown as { toJson: () => unknown };
      Object.assign(construct, {
        toJson() {
          calls.toJson++;
          return toJson.call(construct);
        },
      });
    }
    for (const name of Object.keys(calls) as (keyof typeof calls)[]) if (name !== 'toJson') calls[name] = 0;
    try {
      synthesize(platform);
    } finally {
      for (const undo of restore) undo();
    }
    return calls;
  }

  function fill(applications: number): Platform {
    const platform = newPlatform();
    const cluster = new Cluster(platform, 'eu-1');
    new ArgoCd(cluster);
    let before: Deployment | undefined;
    for (let n = 0; n < applications; n++) {
      const environment = new Environment(platform, `e${n}`, { cluster });
      const application = new Application(environment, 'app');
      const deployment = new Deployment(application, 'api', { containers: [{ image: 'a:1', portNumber: 80 }] });
      if (before && n % 5 !== 0) deployment.node.addDependency(before);
      before = deployment;
    }
    return platform;
  }

  it('grows with the number of objects, and no faster', () => {
    const [few, many] = [work(50), work(500)];
    expect(few.toJson).toBe(50);
    expect(many.toJson).toBe(500);
    for (const [what, count] of Object.entries(many)) {
      expect(count, what).toBeLessThanOrEqual((few[what] as number) * 10 + 10);
    }
    expect(many.validate).toBeGreaterThan(500);
  });
});
