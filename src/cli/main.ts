#!/usr/bin/env node
import './compile-cache';

import { reportAbandoned, run } from './run';

const { stdout, stderr, env } = process;
const write = stdout.write.bind(stdout);
// Standard output is for results alone: what a program prints, even after it was loaded, goes to the other stream.
stdout.write = stderr.write.bind(stderr);
const terminal = {
  stdout: { isTTY: stdout.isTTY, columns: stdout.columns, write: (text: string | Uint8Array) => write(text) },
  stderr,
  // Opened by those who read it alone.
  get stdin() {
    return process.stdin;
  },
  env,
};
// Whoever reads may have had enough: `cdk8s-gitops status | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') end(process.exitCode);
  throw error;
});

let hasEnded = false;
function end(code: typeof process.exitCode): never {
  hasEnded = true;
  process.exit(code);
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  // A program that was loaded may end the process later on, with any code: that must not look like success.
  process.on('exit', () => {
    if (!hasEnded) process.exitCode = reportAbandoned(argv, terminal);
  });
  const code = await run(argv, terminal);
  // It may as well have left something behind that would keep the process alive.
  write('', () => stderr.write('', () => end(code)));
}

void main();
