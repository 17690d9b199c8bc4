import { afterAll, beforeAll, describe } from 'vitest';
import { AGENTS } from './cluster/agents';
import { System } from './cluster/system';
import { bootstrapping } from './suites/bootstrap';
import { changes } from './suites/changes';
import { leaving, operator } from './suites/operator';
import { order } from './suites/order';
import { recovery } from './suites/recovery';
import { scale } from './suites/scale';

/**
 * What is published, and what unmodified agents make of it on a real control plane. Each agent has one control plane, on
 * which the checks follow each other.
 */
describe.each(AGENTS)('%s', (kind) => {
  const before = process.cwd();
  let system: System;
  beforeAll(async () => {
    system = await System.start(kind);
  });
  afterAll(async () => {
    process.chdir(before);
    await system?.stop();
  });
  const get = () => system;

  bootstrapping(get);
  changes(get);
  order(get);
  operator(get);
  recovery(get);
  scale(get);
  leaving(get);
});
