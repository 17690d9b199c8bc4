import { execFileSync } from 'node:child_process';
import { blobId, type TreeEntry, treeId } from '../src/model/git-objects';
import { layout } from '../src/model/layout';
import { serializeRecord } from '../src/model/record';
import { type DesiredTree, recordOf, type Section } from '../src/model/section';

/** Environment repositories of any size, to publish into. */

export const FILES_PER_UNIT = 20;
const ENVIRONMENTS = 20;

/** A bare repository without a commit. */
export function emptyRepository(bare: string): void {
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  git(bare, 'config', 'uploadpack.allowFilter', 'true');
}

/** Many units, declared by one source, as a monorepo does. */
export function repositoryTree(units: number, version = 0): DesiredTree {
  const sections: Section[] = [];
  for (let i = 0; i < units; i++) {
    const environment = `env${i % ENVIRONMENTS}`;
    const application = `app${Math.floor(i / ENVIRONMENTS)}`;
    sections.push(unitSection(environment, application, 'acme/rest', version));
  }
  const repository = { url: 'https://git.example.com/acme/bench.git', branch: 'main' };
  return { platform: 'bench', source: 'acme/rest', repository, sections };
}

/** A unit of twenty files of about 1.3 kB. */
export function unitSection(environment: string, application: string, repository = 'acme/rest', version = 0): Section {
  const owner = { kind: 'unit', environment, application, cluster: 'one' } as const;
  const folder = layout.unitFolder(environment, application);
  const files = new Map<string, string>();
  const ids: TreeEntry[] = [];
  for (let i = 0; i < FILES_PER_UNIT; i++) {
    const content = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${environment}-${application}-${i}\ndata:\n  version: "${version}"\n  text: ${'x'.repeat(1_200)}\n`;
    files.set(`${folder}/configmap-${i}.yaml`, content);
    ids.push({ mode: '100644', name: `configmap-${i}.yaml`, id: blobId(content) });
  }
  const registration = layout.registration('one', environment, application);
  const text = `kind: Application\nmetadata:\n  name: ${environment}.${application}\n`;
  files.set(registration, text);
  const record = recordOf(owner);
  const content = { [folder]: treeId(ids), [registration]: blobId(text) };
  const source = { repository };
  files.set(
    record,
    serializeRecord({ kind: 'Release', environment, application, cluster: 'one', images: [], source, content }),
  );
  return { owner, source: repository, record, files };
}

export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
}
