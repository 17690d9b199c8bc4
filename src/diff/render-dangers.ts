import { createColors } from 'picocolors';
import type { Danger } from './dangers';
import { escapeText } from './escape';
import type { DiffSection } from './types';

/** Dangers that are told one by one. */
const SHOWN = 100;

/** Dangerous changes, a line each, below the diff; nothing at all when there are none. */
export function renderDangers(dangers: readonly Danger[], color: boolean): string {
  if (dangers.length === 0) return '';
  const colors = createColors(color);
  const lines = dangers.slice(0, SHOWN).map(({ rule, section, object, message }) => {
    const place = escapeText(`${placeText(section)} ${object.kind} ${object.name}`);
    return `${colors.red(`! ${rule}`)} ${place}: ${message}`;
  });
  if (dangers.length > SHOWN) lines.push(colors.red(`! … and ${dangers.length - SHOWN} more`));
  return `${colors.bold('look at these first')}\n${lines.join('\n')}\n`;
}

/** `prod/checkout`, `environment prod`, `cluster eu-1`: where in the environment repository something is. */
export function placeText(section: DiffSection): string {
  switch (section.kind) {
    case 'unit':
      return `${section.environment}/${section.application}`;
    case 'environment':
      return `environment ${section.environment}`;
    case 'cluster':
      return `cluster ${section.cluster}`;
    default:
      return section.kind;
  }
}
