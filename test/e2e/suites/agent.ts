import { afterAll, beforeAll, describe } from 'vitest';
import type { AgentKind } from '../cluster/agents';
import { System } from '../cluster/system';
import { bootstrapping } from './bootstrap';
import { changes } from './changes';
import { leaving, operator } from './operator';
import { order } from './order';
import { recovery } from './recovery';
import { scale } from './scale';

/**
 * What is published, and what an unmodified agent makes of it on a real control plane, on which the checks follow each
 * other.
 */
export function agent(kind: AgentKind): void {
  describe(kind, () => {
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
}
