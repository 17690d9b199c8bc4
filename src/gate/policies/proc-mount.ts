import type { Fields } from './values';
import type { Violation } from './workload';

/** True of a container that sees what `/proc` usually hides. */
export function isUnmasked({ procMount }: Fields): boolean {
  return procMount !== undefined && procMount !== null && procMount !== 'Default';
}

/** @param field of the container */
export function unmasked(field: string): Violation {
  return {
    rule: 'pod-security-proc-mount',
    field: `${field}.securityContext.procMount`,
    message: '/proc is mounted without its masks',
    remedy: 'leave it out',
  };
}
