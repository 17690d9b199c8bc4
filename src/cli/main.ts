#!/usr/bin/env node
import module from 'node:module';

// Node 22 keeps compiled code from one run to the next; older ones do without.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

// Whoever reads may have had enough: `cdk8s-gitops status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

async function main(): Promise<void> {
  const { run } = await import('./run.js');
  process.exitCode = await run(process.argv.slice(2));
  // A program that was loaded may have left something behind that would keep the process alive.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

void main();
