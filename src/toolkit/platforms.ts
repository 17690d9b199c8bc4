import type { IConstruct } from 'constructs';
import { declarationOf } from '../model/declaration';

/** Every platform among what a module exports; one that goes by several names counts once. */
export function exportedPlatforms(exported: unknown): IConstruct[] {
  const found = new Map<unknown, IConstruct>();
  for (const value of valuesOf(exported)) {
    const declaration = declarationOf(value);
    if (declaration?.kind === 'platform' && !found.has(declaration)) found.set(declaration, value as IConstruct);
  }
  return [...found.values()];
}

/** The function that a module exports by default; a class is none. */
export function exportedFunction(exported: unknown): (() => unknown) | undefined {
  const candidates = [exported, defaultOf(exported), defaultOf(defaultOf(exported))];
  const found = candidates.find((value) => typeof value === 'function' && !/^class\b/.test(String(value)));
  return found as (() => unknown) | undefined;
}

function valuesOf(exported: unknown): unknown[] {
  // CommonJS seen from ESM and the other way round nest the default export once more.
  const inner = defaultOf(exported);
  return [defaultOf(inner), inner, exported, ...members(inner), ...members(exported)];
}

function members(value: unknown): unknown[] {
  // What constructs hold is their own business.
  if (typeof value !== 'object' || value === null || declarationOf(value) !== undefined) return [];
  return Object.values(value);
}

function defaultOf(value: unknown): unknown {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isHolder && 'default' in value ? value.default : undefined;
}
