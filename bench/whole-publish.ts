import { publish } from '../src/publish';
import { repositoryTree } from './repository';

/** Publishes a whole repository, as a process of its own: `whole-publish <bare> <units> <version>`. Prints seconds. */
async function main([bare = '', units = '', version = '']: readonly string[]): Promise<void> {
  const tree = repositoryTree(Number(units), Number(version));
  const started = performance.now();
  const remote = { url: `file://${bare}`, branch: 'main' };
  const { outcome } = await publish(tree, { remote, generator: 'bench' });
  console.log(JSON.stringify({ outcome, seconds: (performance.now() - started) / 1000 }));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
