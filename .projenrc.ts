import { javascript, typescript } from 'projen';
import { layerRules } from './projenrc/layers';

/** Exact versions: an unpinned install on Node 20 may silently pick an older release. */
const pinned = {
  biome: '2.5.15',
  cdk8s: '2.70.106',
  constructs: '10.8.1',
  projen: '0.103.25',
  typescript: '7.0.2',
  vitest: '4.1.12',
};

const project = new typescript.TypeScriptProject({
  name: 'cdk8s-gitops',
  description: 'Declare a whole Kubernetes system in TypeScript and deliver it the GitOps way',
  authorName: 'The cdk8s-gitops authors',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk8s-gitops authors',
  keywords: ['cdk8s', 'kubernetes', 'gitops', 'argocd', 'flux', 'continuous-delivery'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.19.0',
  projenVersion: pinned.projen,
  typescriptVersion: pinned.typescript,
  projenrcTs: true,
  projenrcTsOptions: { projenCodeDir: 'projenrc' },
  runner: typescript.TypeScriptRunner.tsx(),

  entrypoint: 'lib/index.js',
  bin: { 'cdk8s-gitops': 'lib/cli/main.js' },
  peerDeps: ['cdk8s@^2.70.0', 'constructs@^10.4.0'],
  peerDependencyOptions: { pinnedDevDependency: false },
  deps: [
    '@clack/prompts@1.9.0',
    'age-encryption@0.3.1',
    '@gitbeaker/rest@43.8.0',
    '@octokit/auth-app@8.3.1',
    '@octokit/plugin-retry@8.1.1',
    '@octokit/plugin-throttling@11.0.5',
    '@octokit/rest@22.0.1',
    'cli-table3@0.6.5',
    'diff@9.0.0',
    'gitea-js@1.23.0',
    'commander@14.0.3',
    'jiti@2.7.0',
    'p-limit@7.3.3',
    'p-retry@7.1.1',
    'picocolors@1.1.1',
    'simple-git@4.0.2',
    'yaml@2.9.1',
  ],
  devDeps: [
    '@types/node@^20',
    'ajv@8.20.0',
    `@vitest/coverage-v8@${pinned.vitest}`,
    `cdk8s@${pinned.cdk8s}`,
    'cdk8s-plus-27@2.9.5',
    `constructs@${pinned.constructs}`,
    'fast-check@4.10.2',
    'js-yaml@4.1.1',
    'openapi-backend@5.21.2',
    '@types/js-yaml@4.0.9',
    'tsx@4.23.15',
    `vitest@${pinned.vitest}`,
  ],

  github: false,
  release: false,
  releaseToNpm: false,
  depsUpgrade: false,
  jest: false,
  eslint: false,
  sampleCode: false,
  biome: true,
  biomeOptions: {
    version: pinned.biome,
    biomeConfig: {
      formatter: { indentStyle: 'space' as never, indentWidth: 2, lineWidth: 120 },
      javascript: { formatter: { quoteStyle: 'single' as never } },
      linter: {
        rules: {
          style: { useImportType: 'error', noNonNullAssertion: 'error', useNodejsImportProtocol: 'error' },
          suspicious: { noExplicitAny: 'error', noConsole: 'error' },
          complexity: { noStaticOnlyClass: 'off', noThisInStatic: 'off' },
          nursery: { noFloatingPromises: 'error' },
        },
      },
    },
  },

  tsconfig: {
    compilerOptions: {
      module: 'node20',
      moduleResolution: undefined,
      target: 'ES2022',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: false,
      noUncheckedIndexedAccess: true,
      noImplicitOverride: true,
      isolatedModules: true,
      stripInternal: false,
      skipLibCheck: true,
      declarationMap: false,
      sourceMap: false,
      inlineSourceMap: false,
      inlineSources: false,
    },
  },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    compilerOptions: { rootDir: '.', noEmit: true, paths: { 'cdk8s-gitops': ['./src/index.ts'] } },
    include: [
      '.projenrc.ts',
      'projenrc/**/*.ts',
      'src/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
      'examples/**/*.ts',
      'scripts/**/*.ts',
      'vitest.config.mts',
      'vitest.e2e.config.mts',
    ],
    exclude: ['node_modules', 'bench/.cache'],
  },

  gitignore: ['/.demo/', '/bench/.cache/', '/dist/', '.DS_Store', '/.cache/'],
  npmIgnoreOptions: {
    ignorePatterns: [
      '/bench/',
      '/docs/',
      '/examples/',
      '/scripts/',
      '/projenrc/',
      '/.ci/',
      '/vitest.config.mts',
      '/vitest.e2e.config.mts',
      '/tsconfig.dev.json',
      '/cdk8s.yaml',
      '/biome.jsonc',
      '/.demo/',
      '/ARCHITECTURE.md',
      '/CONTRIBUTING.md',
      '/.cache/',
      '/.projenrc.ts',
    ],
  },
});

project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './publish': { types: './lib/publish/index.d.ts', default: './lib/publish/index.js' },
  './package.json': './package.json',
});

project.addTask('typecheck', {
  description: 'Check the types of everything: sources, tests, examples, bench',
  exec: 'tsc -p tsconfig.dev.json',
});
project.addTask('demo', {
  description: 'Declare, synthesize and publish examples/shop to a local repository',
  exec: 'tsc -p tsconfig.json && tsx scripts/demo.ts',
  receiveArgs: true,
});
project.addTask('examples', {
  description: 'Render the examples anew, after a change that is meant to show in them',
  steps: [
    { exec: 'tsc -p tsconfig.json' },
    // Its ciphertext is read relative to the working folder.
    { exec: 'cd examples/secrets && node ../../lib/cli/main.js synth' },
    ...['shop', 'teams/platform', 'teams/checkout', 'teams/payments'].map((example) => ({
      exec: `node lib/cli/main.js synth --app examples/${example}/main.ts --output examples/${example}/rendered`,
    })),
  ],
});
project.addTask('bench', {
  description: 'Measure synthesis and publishing against their baselines',
  exec: 'tsc -p tsconfig.json && tsx bench/main.ts',
  receiveArgs: true,
});
project.addTask('test:e2e', {
  description: 'Run the tests against real agents, which scripts/build-agents.sh builds',
  exec: 'tsc -p tsconfig.json && vitest run -c vitest.e2e.config.mts',
  receiveArgs: true,
});
project.addTask('e2e:up', {
  description: 'Leave a cluster with a real Argo CD or Flux running, to play with: npm run e2e:up [argo-cd|flux]',
  exec: 'tsc -p tsconfig.json && tsx scripts/e2e/up.ts',
  receiveArgs: true,
});
project.addTask('e2e:down', { description: 'End that cluster', exec: 'tsx scripts/e2e/down.ts' });
project.addTask('check', {
  description: 'Format and lint, changing nothing',
  exec: 'biome check --error-on-warnings --no-errors-on-unmatched .',
});
project.testTask.reset('tsc -p tsconfig.json');
project.testTask.exec('vitest run', { receiveArgs: true });

const biome = javascript.Biome.of(project);
for (const pattern of [
  'bench/**',
  'examples/**',
  'scripts/**',
  'vitest.config.mts',
  'vitest.e2e.config.mts',
  '!lib',
  '!**/rendered',
  '!bench/.cache',
  '!.demo',
  '!package.json',
])
  biome?.addFilePattern(pattern);
for (const override of layerRules()) biome?.addOverride(override);
biome?.addOverride({
  includes: ['scripts/**', 'bench/**', 'examples/**', 'test/**'],
  linter: { rules: { suspicious: { noConsole: 'off' as never }, style: { noNonNullAssertion: 'off' as never } } },
});

project.synth();
