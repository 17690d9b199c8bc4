import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Delivery, Environment, type EnvironmentRepositoryProps } from '../../src';
import { DEFAULT_MAX_DELETIONS } from '../../src/model/delivery';
import { parseRecord } from '../../src/model/record';
import { readTree, writeTree } from '../../src/synth/output';
import { synthesize } from '../../src/synth/synthesize';
import { temporaryFolder } from '../helpers/git';
import { configMap, filesOf, newPlatform, oneEnvironment, problemsOf } from './platforms';

/** What a program says of how changes are delivered. */

const says = (text: string) => expect.stringContaining(text);

const proposed = Delivery.pullRequest({ reviewers: ['acme/sre', 'jane'], labels: ['prod'], batch: 'application' });

function platformOfTwo() {
  const { platform, cluster, dev } = oneEnvironment();
  const prodCluster = new Cluster(platform, 'eu-prod', { delivery: Delivery.pullRequest() });
  new ArgoCd(prodCluster);
  const prod = new Environment(platform, 'prod', {
    cluster: prodCluster,
    delivery: proposed,
    maxDeletions: { share: 0.5 },
    source: 'acme/platform',
  });
  for (const environment of [dev, prod]) configMap(new Application(environment, 'checkout'), 'a');
  return { platform, cluster };
}

describe('delivery', () => {
  it('is part of the tree for every place that the program knows, of other sources too', () => {
    const tree = synthesize(platformOfTwo().platform);
    expect(tree.environments).toEqual({
      dev: { delivery: { kind: 'direct' }, maxDeletions: DEFAULT_MAX_DELETIONS },
      prod: {
        delivery: {
          kind: 'pullRequest',
          reviewers: ['acme/sre', 'jane'],
          labels: ['prod'],
          autoMerge: false,
          batch: 'application',
        },
        maxDeletions: { count: 100, share: 0.5 },
      },
    });
    expect(tree.clusters).toEqual({
      'eu-1': { delivery: { kind: 'direct' } },
      'eu-prod': { delivery: { ...proposed, reviewers: [], labels: [], batch: 'environment' } },
    });
  });

  it('by pull request is recorded, and no other', () => {
    const { platform, cluster } = oneEnvironment();
    new Environment(platform, 'prod', { cluster, delivery: Delivery.pullRequest() });
    const files = filesOf(synthesize(platform));
    const recordAt = (path: string) => parseRecord(String(files[path]), path);
    expect(recordAt('environments/prod.yaml')).toMatchObject({ delivery: 'pull-request' });
    expect(files['environments/dev.yaml']).not.toContain('delivery');
    expect(files['clusters/eu-1.yaml']).not.toContain('delivery');
    const other = filesOf(synthesize(platformOfTwo().platform));
    expect(parseRecord(String(other['clusters/eu-prod.yaml']), 'r')).toMatchObject({ delivery: 'pull-request' });
  });

  it('survives an output folder, where only what is unusual is written', () => {
    const folder = temporaryFolder();
    const tree = synthesize(platformOfTwo().platform);
    writeTree(tree, folder);
    const read = readTree(folder);
    expect(read.environments).toEqual({ prod: tree.environments?.prod });
    expect(read.clusters).toEqual({ 'eu-prod': tree.clusters?.['eu-prod'] });
    const plain = temporaryFolder();
    writeTree(synthesize(oneEnvironment().platform), plain);
    expect(readTree(plain)).not.toHaveProperty('environments');
  });

  it('that cannot be is told of at the construct', () => {
    const { platform, cluster } = oneEnvironment();
    new Environment(platform, 'prod', {
      cluster,
      delivery: Delivery.pullRequest({
        reviewers: ['', ' jane', 'a\nb', 'x'.repeat(201), 3 as never],
        labels: ['a,b'],
        batch: 'all' as never,
        autoMerge: 'yes' as never,
      }),
      maxDeletions: { count: 1.5, share: 30 },
    });
    const odd = new Cluster(platform, 'odd', { delivery: 'pullRequest' as never });
    new ArgoCd(odd);
    const problems = problemsOf(platform);
    expect(problems).toEqual([
      ['odd', says('its delivery is none')],
      ['prod', says("'' is no reviewer of a pull request: it is empty")],
      ['prod', says("' jane' is no reviewer of a pull request: leave out the white space")],
      ['prod', says("'a?b' is no reviewer of a pull request: it holds a character that cannot be seen")],
      ['prod', says('it is longer than 200 characters')],
      ['prod', says("'3' is no reviewer of a pull request: write a text")],
      ['prod', says("'a,b' is no label of a pull request: it holds a comma")],
      ['prod', says('`autoMerge` of its delivery is true or false')],
      ['prod', says("'all' is no `batch` of pull requests")],
      ['prod', says("'1.5' is no count of `maxDeletions`")],
      ['prod', says("'30' is no share of `maxDeletions`")],
    ]);
    const another = newPlatform();
    const delivery = { ...Delivery.pullRequest(), labels: 'prod' as never };
    new ArgoCd(new Cluster(another, 'c', { delivery }));
    expect(problemsOf(another)).toEqual([['c', 'the labels of its delivery are a list of names']]);
  });
});

describe('the forge of the environment repository', () => {
  const url = 'https://git.acme.io/acme/environments.git';
  const treeOf = (forge?: EnvironmentRepositoryProps['forge']) => {
    const { platform, dev } = oneEnvironment({ environmentRepository: { url, forge } });
    configMap(new Application(dev, 'checkout'), 'a');
    return synthesize(platform);
  };

  it('is part of the tree, and of no file', () => {
    expect(treeOf().repository).toEqual({ url, branch: 'main' });
    const told = treeOf({ kind: 'gitea', apiUrl: 'https://git.acme.io/api/v1' });
    expect(told.repository.forge).toEqual({ kind: 'gitea', apiUrl: 'https://git.acme.io/api/v1' });
    expect(treeOf('none').repository.forge).toEqual({ kind: 'none' });
    expect(filesOf(told)).toEqual(filesOf(treeOf()));
  });

  it('is written beside the files, and read again', () => {
    const folder = temporaryFolder();
    writeTree(treeOf({ kind: 'forgejo' }), folder);
    expect(readTree(folder)?.repository.forge).toEqual({ kind: 'forgejo' });
  });

  it('has to be one that there is, at an address without credentials', () => {
    const forge = { kind: 'bitbucket' as never, apiUrl: 'https://jane:hunter2@git.acme.io' };
    const { platform } = oneEnvironment({ environmentRepository: { url, forge } });
    const problems = problemsOf(platform);
    expect(problems).toEqual([
      ['', says("'bitbucket' is not a forge")],
      ['', says('without credentials')],
    ]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});
