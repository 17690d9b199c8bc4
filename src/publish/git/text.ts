/** What comes from a remote, or goes into a message, made safe to show. */

const LONGEST = 2_000;

/** Takes user names and passwords out of every URL in a text. */
export function redactUrls(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*@/gi, '$1***@');
}

/** Takes out what tells a terminal to do something. What a sequence leaves behind of itself is control characters. */
export function withoutSequences(text: string): string {
  const [start = '', ...rest] = text.split('\u001b');
  const plain = rest.map((part) => {
    if (!part.startsWith(']')) return part.replace(/^(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\^_])/, '');
    // A title or a link, up to a bell or the next sequence.
    const bell = part.indexOf('\u0007');
    return bell < 0 ? '' : part.slice(bell + 1);
  });
  return start + plain.join('');
}

/**
 * A remote's message as plain text: no terminal sequences, no control characters but line ends, no credentials, and no
 * more than 2,000 characters.
 * @param secrets texts that must not be seen, e.g. a token
 */
export function sanitize(text: string, secrets: readonly string[] = []): string {
  let clean = redactUrls(withoutSequences(text))
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/[^\P{C}\n]/gu, '')
    .replace(/ +$/gm, '')
    .trim();
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** Whether a text holds a control character, a line end included. */
export function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
