/** Stands for an error in the tables of what Go reads. */
export const REFUSED = Symbol('refused');
