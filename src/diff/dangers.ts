import { apiGroup } from '../model/manifest';
import { accessDangers } from './danger-access';
import { immutableDangers } from './danger-immutable';
import { podDangers } from './danger-pods';
import { type DangerRule, type Finding, listAt, mapAt, type ObjectVersions } from './danger-rules';
import { escapeText } from './escape';
import { isMap, type JsonMap } from './fingerprint';
import { type ComparedObject, compareObjects } from './objects';
import type { DiffedObject, DiffSection, FilePair, ObjectDiff } from './types';

export type { DangerRule } from './danger-rules';

/** A change that deserves a second look. */
export interface Danger {
  readonly rule: DangerRule;
  readonly section: DiffSection;
  readonly file: string;
  readonly object: DiffedObject;
  /** What is dangerous about it, in a few words that are safe to print; never a secret value. */
  readonly message: string;
}

/** What is found of one object at most. */
const MAX_FINDINGS = 20;
/** What a message shows of names and values. */
const MAX_MESSAGE = 300;

/** The diff of files, and what in it is dangerous. */
export function assess(pairs: Iterable<FilePair>): { objects: ObjectDiff[]; dangers: Danger[] } {
  const compared = compareObjects(pairs);
  return { objects: compared.map(({ diff }) => diff), dangers: findDangers(compared) };
}

/** Dangerous changes, in the order of the objects. */
export function findDangers(compared: readonly ComparedObject[]): Danger[] {
  return compared.flatMap(({ diff, before, after }) => {
    const { object, section, file, change } = diff;
    if (object === undefined || change === 'moved') return [];
    const versions: ObjectVersions = {
      group: apiGroup(object.apiVersion),
      kind: object.kind,
      ...(isMap(before) ? { before } : {}),
      ...(isMap(after) ? { after } : {}),
    };
    return findingsOf(versions)
      .slice(0, MAX_FINDINGS)
      .map(({ rule, message }) => ({ rule, section, file, object, message: shown(message) }));
  });
}

function findingsOf(versions: ObjectVersions): Finding[] {
  return [
    ...removalDangers(versions),
    ...immutableDangers(versions),
    ...accessDangers(versions),
    ...podDangers(versions),
    ...scaleDangers(versions),
    ...definitionDangers(versions),
  ];
}

/** Kinds that take data, or other objects, along when they go. */
const HOLDERS: Readonly<Record<string, string>> = {
  '/Namespace': 'everything in the namespace goes with it',
  '/PersistentVolume': 'the data on it may go with it',
  '/PersistentVolumeClaim': 'its data may go with it',
  'apps/StatefulSet': 'its pods go, and the data of its volumes may follow',
};

function removalDangers({ group, kind, after }: ObjectVersions): Finding[] {
  const why = HOLDERS[`${group}/${kind}`];
  return after === undefined && why !== undefined ? [{ rule: 'data-removed', message: `removed: ${why}` }] : [];
}

const SCALED = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);

function scaleDangers({ group, kind, before, after }: ObjectVersions): Finding[] {
  if (before === undefined || after === undefined) return [];
  const [old, now] = [mapAt(before, 'spec'), mapAt(after, 'spec')];
  const down = (message: string): Finding[] => [{ rule: 'scaled-down', message }];
  if (group === 'apps' && SCALED.has(kind)) {
    // An absent number of replicas is one.
    return now.replicas === 0 && (old.replicas ?? 1) !== 0 ? down(`spec.replicas: ${old.replicas ?? 1} → 0`) : [];
  }
  if (group !== 'autoscaling' || kind !== 'HorizontalPodAutoscaler') return [];
  const found: Finding[] = [];
  if (now.minReplicas === 0 && old.minReplicas !== 0) found.push(...down('spec.minReplicas may scale to zero'));
  if (typeof old.maxReplicas === 'number' && typeof now.maxReplicas === 'number' && now.maxReplicas < old.maxReplicas) {
    found.push(...down(`spec.maxReplicas: ${old.maxReplicas} → ${now.maxReplicas}`));
  }
  return found;
}

function definitionDangers({ group, kind, before, after }: ObjectVersions): Finding[] {
  if (group !== 'apiextensions.k8s.io' || kind !== 'CustomResourceDefinition' || before === undefined) return [];
  const rule = 'definition-removed';
  if (after === undefined) return [{ rule, message: 'removed: every resource of its kind goes with it' }];
  const served = (version: JsonMap): boolean => version.served !== false;
  const versions = (manifest: JsonMap) =>
    new Map(
      listAt(mapAt(manifest, 'spec'), 'versions')
        .filter(isMap)
        .map((version) => [String(version.name), version]),
    );
  const now = versions(after);
  return [...versions(before)].flatMap(([name, version]): Finding[] => {
    const next = now.get(name);
    if (!served(version) && version.storage !== true) return [];
    if (next === undefined) return [{ rule, message: `version ${name} is removed` }];
    return served(version) && !served(next) ? [{ rule, message: `version ${name} is served no more` }] : [];
  });
}

function shown(message: string): string {
  const text = escapeText(message);
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
