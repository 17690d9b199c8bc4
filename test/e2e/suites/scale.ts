import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Application } from '../../../src';
import { map } from '../cluster/applications';
import type { System } from '../cluster/system';
import { measure, note } from '../cluster/times';
import { watch } from '../cluster/watch';

const UNITS = 300;
const names = Array.from({ length: UNITS }, (_, index) => `unit-${index + 1}`);
const CHANGED = 'unit-150';
/** Everything is watched for so long, once it has settled. */
const QUIET_SECONDS = 120;

/** That a change costs what it changes, and that nothing flaps. */
export function scale(get: () => System): void {
  const declare = (name: string, text: string) => (environment: ConstructorParameters<typeof Application>[0]) => {
    const application = new Application(environment, name);
    map(application, 'settings', { text });
    return application;
  };
  const text = async () => {
    const found = (await get().plane.get('configmap', 'settings', `fleet-${CHANGED}`)) as
      | { data?: Record<string, string> }
      | undefined;
    return found?.data?.text;
  };

  test(`fleet: ${UNITS} units come to be`, { timeout: 900_000 }, async (context) => {
    const system = get();
    for (const name of names) system.declared.set(`fleet/${name}`, declare(name, 'first'));
    await measure(context, 'publishing them', () => system.release());
    await measure(context, 'from the webhook to all Healthy', () =>
      system.healthy(
        names.map((name) => `fleet.${name}`),
        { within: 800, every: 3_000 },
      ),
    );
    await system.healthy([], { within: 300, every: 3_000 });
  });

  test('fleet: a commit to one unit makes the agent render, or apply, exactly one', async (context) => {
    const system = get();
    await settle(system);
    const work = system.kind.kind === 'flux' ? applied : rendered;
    const before = work(system);
    system.declared.set(`fleet/${CHANGED}`, declare(CHANGED, 'second'));
    await system.release();
    await measure(
      context,
      'from the webhook to the changed object',
      () => system.until('the change', async () => (await text()) === 'second'),
      15,
    );
    await settle(system);
    const since = [...new Set(work(system).slice(before.length))].sort();
    if (system.kind.kind === 'flux') {
      note(context, `written: ${since.join(', ')}`);
      expect(since).toEqual([`fleet-${CHANGED}/settings`]);
      return;
    }
    // Of the fleet, that unit; and what its health counts for is looked at as well.
    note(context, `rendered: ${since.join(', ')}`);
    const owners = ['root.shop', `unit.fleet.${CHANGED}`];
    expect(since.filter((name) => !owners.includes(name))).toEqual([`fleet.${CHANGED}`]);
  });

  test(`fleet: nothing is OutOfSync, not ready or flapping for ${QUIET_SECONDS} s`, {
    timeout: 600_000,
  }, async (context) => {
    const system = get();
    const { kind } = system;
    await system.healthy([], { within: 300, every: 3_000 });
    const seen: string[] = [];
    const watched = watch(system.plane, kind.resource, kind.state, (name, state) => {
      if (!kind.settled.test(state)) seen.push(`${name}: ${state}`);
    });
    await setTimeout(QUIET_SECONDS * 1_000);
    // There may have been nothing to see: something is touched, as proof that it would have been seen.
    await kind.refresh(system.plane, `fleet.${CHANGED}`);
    await setTimeout(5_000);
    const events = await watched.stop();
    note(context, `${(await system.units()).length} objects of the agent, ${events} events`);
    expect(seen).toEqual([]);
    await system.healthy([], { within: 1 });
  });
}

/** Waits until the agent has had nothing to do for some seconds. */
async function settle(system: System): Promise<void> {
  await system.healthy([], { within: 300, every: 2_000 });
  const { agent } = system;
  const size = () => agent.program(agent.applier).log().length;
  for (let quiet = 0, last = size(); quiet < 3; ) {
    await setTimeout(2_000);
    const now = size();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
    if (quiet === 0 && system.kind.kind === 'flux') break;
  }
}

/** Applications whose manifests the repo-server had to render, since it was started. */
function rendered({ agent }: System): string[] {
  return linesOf(agent.program('argocd-repo-server').log()).flatMap((line) => {
    const { msg, application } = parse(line) as { msg?: string; application?: string };
    return msg === 'manifest cache miss' && application !== undefined ? [application.split('/').at(-1) ?? ''] : [];
  });
}

/** ConfigMaps of the fleet that were really written, since the control plane was started: a dry run is none. */
function applied({ audit }: System): string[] {
  return linesOf(readFileSync(audit, 'utf8')).flatMap((line) => {
    const {
      requestURI = '',
      objectRef,
      responseStatus,
    } = parse(line) as {
      requestURI?: string;
      objectRef?: { resource: string; namespace?: string; name?: string };
      responseStatus?: { code: number };
    };
    const isWrite =
      objectRef?.resource === 'configmaps' && objectRef.name === 'settings' && !requestURI.includes('dryRun');
    return isWrite && (responseStatus?.code ?? 0) < 300 ? [`${objectRef.namespace}/${objectRef.name}`] : [];
  });
}

const linesOf = (log: string) => log.split('\n').filter((line) => line.startsWith('{'));

function parse(line: string): object {
  try {
    return JSON.parse(line) as object;
  } catch {
    // The last line may be half written.
    return {};
  }
}
