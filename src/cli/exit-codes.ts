/** What the process ends with. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** `diff --exit-code` found some. */
  differences: 3,
  interrupted: 130,
  terminated: 143,
} as const;
