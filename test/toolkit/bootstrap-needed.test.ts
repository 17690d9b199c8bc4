import { expect, test } from 'vitest';
import { Application, Secret } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { planBootstrap } from '../../src/toolkit/bootstrap/plan';
import { scriptOf, scriptText } from '../../src/toolkit/bootstrap/script';
import { configMap, oneEnvironment, URL } from '../synth/platforms';

const repository = { url: URL, branch: 'main' };

test('bootstrap tells of Secrets that applications refer to and nobody brings', () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  configMap(application, 'map');
  const bare = scriptOf(planBootstrap(synthesize(platform), 'eu-1', repository));
  Secret.existing(application, 'smtp', { keys: ['user', 'password'] });
  const { steps } = scriptOf(planBootstrap(synthesize(platform), 'eu-1', repository));
  expect(steps).toHaveLength(bare.steps.length + 1);
  // Ahead of the wait for everything to be healthy, which it will not be without them.
  const step = steps.at(-2);
  expect(step).toEqual({
    title: 'Secrets that are not in the repository, and are referred to',
    note: expect.stringContaining('dev-checkout/smtp with password, user, for dev/checkout/smtp'),
    commands: [],
  });
  const lines = scriptText('eu-1', step ? [step] : []).split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('# '))).toEqual([]);
});
