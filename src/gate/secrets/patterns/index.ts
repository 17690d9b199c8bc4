import type { Pattern } from '../pattern';
import { CLOUD_PATTERNS } from './cloud';
import { CODE_PATTERNS } from './code';
import { SERVICE_PATTERNS } from './services';

/** Every kind of token that is known by its form. */
export const PATTERNS: readonly Pattern[] = [...CLOUD_PATTERNS, ...CODE_PATTERNS, ...SERVICE_PATTERNS];
