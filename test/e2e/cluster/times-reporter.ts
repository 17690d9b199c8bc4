import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import './times';

/** Prints how long every check took, in one table, and leaves it in `.cache/e2e/times.json`. */

const ROOT = resolve(__dirname, '../../..');
export const TIMES = join(ROOT, '.cache/e2e/times.json');

interface Row {
  readonly agent: string;
  readonly check: string;
  readonly seconds?: number;
  readonly limit?: number;
  readonly result: string;
}

export default class TimesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules.flatMap((module) => [...module.children.allTests()].flatMap(rowsOf));
    if (rows.length === 0) return;
    const files = modules.map((module) => {
      const { duration, beforeHooks, afterHooks } = timesOf(module);
      return { file: relative(ROOT, module.moduleId), seconds: round(duration + beforeHooks + afterHooks) };
    });
    mkdirSync(dirname(TIMES), { recursive: true });
    const date = new Date().toISOString();
    writeFileSync(TIMES, `${JSON.stringify({ date, cores: cpus().length, files, checks: rows }, null, 2)}\n`);
    process.stdout.write(
      `\n${table(rows)}\n\n${files.map(({ file, seconds }) => `${pad(seconds)}  ${file}`).join('\n')}\n`,
    );
    process.stdout.write(`\n${relative(ROOT, TIMES)} has these times as JSON\n`);
  }
}

function timesOf(module: TestModule) {
  const suites = [...module.children.allSuites()];
  const all = [...module.children.allTests()];
  const duration = all.reduce((sum, test) => sum + (test.diagnostic()?.duration ?? 0), 0);
  // Hooks of suites are not told apart: what the file took as a whole says how long they were.
  const whole = module.diagnostic().duration;
  return { duration, beforeHooks: Math.max(0, whole - duration), afterHooks: 0, suites };
}

function rowsOf(test: TestCase): Row[] {
  const { state } = test.result();
  const agent = agentOf(test);
  const duration = test.diagnostic()?.duration;
  const whole = {
    agent,
    check: test.name,
    result: state,
    ...(duration === undefined ? {} : { seconds: round(duration) }),
  };
  const parts = (test.meta().measured ?? []).map(({ what, seconds, limit }): Row => {
    const row = { agent, check: `  ${what}`, result: '' };
    return Number.isNaN(seconds) || seconds === null
      ? row
      : { ...row, seconds, ...(limit === undefined ? {} : { limit }) };
  });
  return [whole, ...parts];
}

/** The agent that a test is about, by the names of what it lies in. */
function agentOf(test: TestCase): string {
  const names: string[] = [relative(ROOT, test.module.moduleId)];
  for (let at: TestSuite | TestModule = test.parent; at.type === 'suite'; at = at.parent) names.push(at.name);
  const text = names.join(' ').toLowerCase();
  if (/argo[ -]?cd/.test(text)) return 'argo-cd';
  return text.includes('flux') ? 'flux' : '–';
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ agent, check, seconds, limit, result }) =>
    [
      agent.padEnd(8),
      seconds === undefined ? ' '.repeat(7) : pad(seconds),
      limit === undefined ? '' : `(at most ${limit})`,
      check,
      result === 'passed' || result === '' ? '' : `[${result}]`,
    ]
      .filter((part, index) => index < 2 || part !== '')
      .join('  '),
  );
  return ['agent     seconds  check', ...lines].join('\n');
}

const round = (milliseconds: number) => Math.round(milliseconds / 100) / 10;
const pad = (seconds: number) => seconds.toFixed(1).padStart(7);
