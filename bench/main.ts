import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { benchGate } from './gate';
import { median, run, seconds } from './measure';
import { benchPublishing } from './publishing';
import { benchRacing } from './racing';
import { benchSchemas } from './schemas';
import { benchSynthesis } from './synthesis';
import { benchWhole } from './whole';

/**
 * Measures everything, or the parts that are named (`start`, `synthesis`, `publishing`, `whole`, `racing`, `gate`,
 * `schemas`), and writes the results into bench/README.md. A RAM disk is used where there is one, so that the disk is not what is measured.
 */
async function main(): Promise<void> {
  const root = resolve(__dirname, '..');
  const parts = process.argv.slice(2);
  const wanted = (part: string) => parts.length === 0 || parts.includes(part);
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cdk8s-gitops-bench-'));
  const log = (line: string) => console.error(line);
  try {
    if (wanted('start')) report(root, 'start', await benchStart(root));
    if (wanted('synthesis')) report(root, 'synthesis', await benchSynthesis(root, scratch, log));
    if (wanted('publishing')) report(root, 'publishing', await benchPublishing(root, scratch, log));
    if (wanted('whole')) report(root, 'whole', await benchWhole(root, scratch, log));
    if (wanted('racing')) report(root, 'racing', await benchRacing(root, log));
    if (wanted('gate')) report(root, 'gate', benchGate(dataFolder(root), log));
    if (wanted('schemas')) report(root, 'schemas', benchSchemas(dataFolder(root), log));
    report(root, 'machine', machine());
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Upstream manifests to check, where they are at hand. */
function dataFolder(root: string): string | undefined {
  const folder = join(process.env.CDK8S_GITOPS_DATA ?? resolve(root, '..', 'shared', 'data'), 'charts');
  return existsSync(folder) ? folder : undefined;
}

/** From the start of the command to its end, on the example. */
async function benchStart(root: string): Promise<string> {
  const cli = join(root, 'lib', 'cli', 'main.js');
  const cost = async (...args: string[]) => {
    await run(process.execPath, [cli, ...args], { cwd: root });
    return seconds(await median(5, () => run(process.execPath, [cli, ...args], { cwd: root })));
  };
  return [
    `- \`cdk8s-gitops --version\`: ${await cost('--version')} s`,
    `- \`cdk8s-gitops synth\` of examples/shop, to its end: ${await cost('synth')} s`,
  ].join('\n');
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${memory} GiB.`;
}

/** Replaces what stands between the markers of a part. */
function report(root: string, part: string, text: string): void {
  const file = join(root, 'bench', 'README.md');
  const [begin, end] = [`<!-- ${part} -->`, `<!-- /${part} -->`];
  const readme = readFileSync(file, 'utf8');
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < 0) throw new Error(`bench/README.md has no markers for ${part}`);
  writeFileSync(file, `${readme.slice(0, from + begin.length)}\n${text}\n${readme.slice(to)}`);
  console.log(`\n${text}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
