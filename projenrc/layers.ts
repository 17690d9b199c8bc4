/**
 * The layers of `src/`, from the top down, and what each may import. A folder that is not in a layer's list is out of
 * its reach; Biome reports the import. `errors.ts` is open to everyone.
 */
const layers: Record<string, { folders: string[]; packages?: string[] }> = {
  yaml: { folders: [] },
  model: { folders: ['yaml'] },
  diff: { folders: ['model', 'yaml'] },
  gate: { folders: ['model', 'yaml'] },
  secrets: { folders: ['model', 'yaml'] },
  operators: { folders: ['model', 'constructs'] },
  constructs: { folders: ['model', 'yaml', 'synth'] },
  synth: { folders: ['model', 'yaml', 'gate'] },
  publish: { folders: ['model', 'yaml', 'diff'] },
  toolkit: { folders: ['model', 'yaml', 'diff', 'gate', 'secrets', 'synth', 'publish'] },
  cli: { folders: ['model', 'toolkit', 'diff', 'gate'] },
};

/** What the pure layers must never touch. */
const forbiddenPackages: Record<string, string[]> = {
  model: ['cdk8s', 'constructs', 'node:fs', 'node:fs/promises', 'node:child_process', 'simple-git'],
  diff: ['cdk8s', 'constructs', 'node:fs', 'node:fs/promises', 'node:child_process', 'simple-git'],
  gate: ['cdk8s', 'constructs', 'node:fs', 'node:fs/promises', 'node:child_process', 'simple-git'],
  publish: ['cdk8s', 'constructs', 'cdk8s-plus-27'],
  cli: ['cdk8s', 'constructs', 'simple-git'],
};

/** Of operators, the contract is open to everyone; the implementations are no one's business but the entry point's. */
function globsOf(layer: string): string[] {
  const inside = layer === 'operators' ? `${layer}/*/**` : `${layer}/**`;
  return ['..', '../..', '../../..'].map((up) => `${up}/${inside}`);
}

/** One Biome override per layer, restricting its imports. */
export function layerRules() {
  return Object.entries(layers).map(([layer, { folders }]) => {
    const barred = Object.keys(layers).filter((other) => other !== layer && !folders.includes(other));
    const paths = Object.fromEntries(
      (forbiddenPackages[layer] ?? []).map((name) => [
        name,
        `src/${layer} must not depend on ${name} (ARCHITECTURE.md)`,
      ]),
    );
    return {
      includes: [`src/${layer}/**`],
      linter: {
        rules: {
          style: {
            noRestrictedImports: {
              level: 'error',
              options: {
                paths,
                patterns: [
                  {
                    group: barred.flatMap(globsOf),
                    message: `imports point downwards only: src/${layer} reaches ${folders.join(', ') || 'nothing else'} (ARCHITECTURE.md)`,
                  },
                ],
              },
            },
          },
        },
      } as never,
    };
  });
}
