/** `1 unit`, `2 units`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `0.8 s`, `12 s`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

/** The start of a git id, as people use it. */
export function shortId(id: string): string {
  return id.slice(0, 10);
}

/** What tells versions of an image apart: its tag, or else the start of its digest. */
export function imageTag(image: string): string {
  const [name = '', digest] = image.split('@');
  const tag = /:([^:/]+)$/.exec(name)?.[1];
  return tag ?? digest?.replace(/^sha256:/, '').slice(0, 12) ?? 'latest';
}
