/** A commit in two: what was signed, and the signature. */
export interface SignedCommit {
  readonly payload: Buffer;
  /** Absent when the commit is not signed. */
  readonly signature?: { readonly format: 'ssh' | 'openpgp' | 'other'; readonly text: string };
}

/**
 * Takes the signature out of a commit, so that it can be checked against the rest.
 * @param body of the commit object, as the repository has it
 */
export function splitSignature(body: Buffer): SignedCommit {
  const kept: Buffer[] = [];
  const lines: string[] = [];
  let isInside = false;
  let at = 0;
  while (at < body.length) {
    const end = body.indexOf(0x0a, at);
    // The first empty line ends the header.
    if (end < 0 || end === at) break;
    const line = body.subarray(at, end + 1);
    const isContinued = line[0] === 0x20;
    if (!isContinued) isInside = /^gpgsig(?:-sha256)? /.test(line.toString('latin1', 0, 16));
    if (isInside) lines.push(line.toString('utf8', isContinued ? 1 : line.indexOf(0x20) + 1));
    else kept.push(line);
    at = end + 1;
  }
  kept.push(body.subarray(at));
  const payload = Buffer.concat(kept);
  if (lines.length === 0) return { payload };
  const text = lines.join('');
  const format = /^-----BEGIN (SSH SIGNATURE|PGP (?:SIGNATURE|MESSAGE))-----/.exec(text)?.[1];
  return {
    payload,
    signature: { format: format === undefined ? 'other' : format.startsWith('SSH') ? 'ssh' : 'openpgp', text },
  };
}
