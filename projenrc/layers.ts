/**
 * The layers of `src/`, from the top down, and what each may import. A folder that is not in a layer's list is out of
 * its reach; Biome reports the import. `errors.ts` and `model/` are open to everyone.
 */
const layers: Record<string, { folders: string[]; packages?: string[] }> = {
  model: { folders: [] },
  diff: { folders: ['model'] },
  operators: { folders: ['model', 'constructs'] },
  constructs: { folders: ['model', 'operators', 'synth'] },
  synth: { folders: ['model'] },
  publish: { folders: ['model', 'diff'] },
  toolkit: { folders: ['model', 'diff', 'synth', 'publish', 'constructs'] },
  cli: { folders: ['model', 'toolkit'] },
};

/** What the pure layers must never touch. */
const forbiddenPackages: Record<string, string[]> = {
  model: ['cdk8s', 'constructs', 'node:fs', 'node:fs/promises', 'node:child_process', 'simple-git'],
  diff: ['cdk8s', 'constructs', 'node:fs', 'node:fs/promises', 'node:child_process', 'simple-git'],
  publish: ['cdk8s', 'constructs', 'cdk8s-plus-27'],
  cli: ['cdk8s', 'constructs', 'simple-git'],
};

/** One Biome override per layer, restricting its imports. */
export function layerRules() {
  return Object.entries(layers).map(([layer, { folders }]) => {
    const barred = Object.keys(layers).filter(
      (other) => other !== layer && other !== 'model' && !folders.includes(other),
    );
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
                    group: barred.flatMap((other) => [`../${other}/**`, `../../${other}/**`, `../../../${other}/**`]),
                    message: `imports point downwards only: src/${layer} reaches ${['model', ...folders].join(', ')} (ARCHITECTURE.md)`,
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
