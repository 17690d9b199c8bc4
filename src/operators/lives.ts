import { argoCdLive } from './argocd/live';
import { fluxLive } from './flux/live';
import type { LiveOperator } from './live';

/** Every operator that there is, as it runs. */
export const LIVE_OPERATORS: readonly LiveOperator[] = [argoCdLive, fluxLive];
