import { argoCdRelease } from './argocd/release';
import { fluxRelease } from './flux/release';
import type { OperatorRelease } from './release';

/** Every operator whose release manifest can be vendored. */
export const OPERATOR_RELEASES: readonly OperatorRelease[] = [argoCdRelease, fluxRelease];
