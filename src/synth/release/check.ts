import type { OperatorRelease } from '../../operators/release';
import { isBefore } from '../../operators/release';
import type { ReleaseDocument } from './documents';

/** Version that a release manifest tells of, and what is wrong with it as one of this operator. */
export function checkRelease(
  documents: readonly ReleaseDocument[],
  release: OperatorRelease,
): { readonly version?: string; readonly problems: readonly string[] } {
  const found = release.versionOf(documents.filter(({ around }) => !around).map(({ manifest }) => manifest));
  if (found === undefined) {
    return {
      problems: [`it is no release manifest of ${release.title}: no workload in it runs an image of ${release.title}`],
    };
  }
  const problems: string[] = [];
  if (isBefore(found.version, release.minimum)) {
    problems.push(
      `it is ${release.title} ${found.version}, which is too old: vendor ${release.minimum.join('.')} or later`,
    );
  }
  const definitions = new Set(
    documents
      .filter(({ manifest }) => manifest.kind === 'CustomResourceDefinition')
      .map(({ manifest }) => manifest.metadata.name),
  );
  const missing = release.definitions.filter((name) => !definitions.has(name));
  if (missing.length > 0) {
    problems.push(`it lacks CustomResourceDefinitions (${missing.join(', ')}): vendor a manifest that has them`);
  }
  return { version: found.version, problems };
}

/** A manifest may tell less than it is asked for, `2.9` of `2.9.4`, but nothing else. */
export function isVersion(told: string, wanted: string): boolean {
  return told === wanted || (/^\d+\.\d+$/.test(told) && wanted.startsWith(`${told}.`));
}
