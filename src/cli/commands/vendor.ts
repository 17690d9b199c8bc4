import { Argument, type Command } from 'commander';
import { escapeText } from '../../diff/escape';
import { VENDOR_LOCK } from '../../model/vendor-lock';
import { OPERATOR_RELEASES } from '../../operators/releases';
import type { VendorResult } from '../../toolkit/vendor';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural } from '../format';
import { toJson } from '../json';

interface Options {
  readonly variant?: string;
  readonly from?: string;
  readonly sha256?: string;
  readonly output?: string;
  readonly keep?: boolean;
}

/** `vendor`: brings an operator's release manifest into the source repository. */
export function addVendor(program: Command, attach: Attach): void {
  const variants = OPERATOR_RELEASES.flatMap(({ title, variants: own }) =>
    own.length > 0 ? [`${title}: ${own.join(', ')}`] : [],
  );
  const command = program
    .command('vendor')
    .description("bring an operator's release manifest into this repository, and pin it")
    .addArgument(new Argument('<operator>', 'whose manifest').choices(OPERATOR_RELEASES.map(({ kind }) => kind)))
    .argument('<version>', `e.g. ${OPERATOR_RELEASES.map(({ tested }) => tested).join(' or ')}`)
    .option('--variant <name>', `another manifest of the version (${variants.join('; ')})`)
    .option('--from <file-or-url>', "where it is (default: the project's release)")
    .option('--sha256 <hash>', 'what it has to be (default: what was pinned before)')
    .option('-o, --output <folder>', 'folder for it (default: vendor)')
    .option('--keep', 'keep other versions that are pinned');
  attach<Options>(command, async (context, { variant, from, sha256, output, keep }, [operator = '', version = '']) => {
    const { vendor } = await import('../../toolkit/vendor.js');
    const options = { ...context.options, operator, version, variant, from, sha256, output, keep };
    const result = await vendor(options);
    context.print(context.json ? toJson(result) : render(result, context));
    return EXIT.done;
  });
}

function render(result: VendorResult, { colors }: Context): string {
  const { file, operator, version, sha256, origin, change, replaced, objects, images, difference } = result;
  if (change === 'unchanged')
    return `${colors.green('unchanged')} ${file} (${operator} ${version}, sha256 ${sha256})\n`;
  const lines = [
    `${colors.green('vendored')} ${operator} ${version} as ${colors.bold(file)}, pinned in ${VENDOR_LOCK}`,
    `  from ${escapeText(origin)}`,
    `  sha256 ${sha256}`,
    `  ${plural(objects, 'object')}, images ${escapeText(images.join(', '))}`,
    ...replaced.map((old) => `  in place of ${old.version} (${old.file})`),
  ];
  if (difference) {
    const { added, removed, changed } = difference;
    lines.push(
      `  since ${difference.from}: ${added.length} added, ${removed.length} removed, ${changed.length} changed`,
    );
    for (const name of added) lines.push(`    ${colors.green('+')} ${escapeText(name)}`);
    for (const name of removed) lines.push(`    ${colors.red('-')} ${escapeText(name)}`);
  }
  return `${lines.join('\n')}\n`;
}
