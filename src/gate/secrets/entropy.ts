/** Different characters of a text. */
export function distinctCharacters(text: string): number {
  return new Set(text.length > 256 ? text.slice(0, 256) : text).size;
}

/** Bits of information in each character, by how often each occurs (Shannon). */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/**
 * True of what no one would write by hand: keys, tokens, ids. Long enough, no words, letters and digits mixed.
 */
export function looksRandom(text: string): boolean {
  if (text.length < 12 || !/^[\w+/=.~:$!@#%^&*()-]+$/.test(text)) return false;
  const head = text.slice(0, 512);
  const digits = head.replace(/\D/g, '').length;
  if (/^[0-9a-f-]+$/i.test(head))
    return head.length >= 16 && digits >= 3 && digits < head.length && distinctCharacters(head) >= 6;
  const changes = (head.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[a-z][A-Z0-9])/g) ?? [])
    .length;
  if (changes < head.length / 8) return false;
  if (readsAsWords(head)) return false;
  return entropy(head) >= (head.length < 20 ? 2.8 : 3.2);
}

/** True of words joined by separators or capitals, with small numbers: names that people give to things. */
export function readsAsWords(text: string): boolean {
  const pieces = text
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, '$1-$2')
    .split(/[-_./:@ ]/);
  let letters = 0;
  let words = 0;
  for (const piece of pieces) {
    if (piece === '') continue;
    if (/^[A-Za-z]?\d{1,3}$/.test(piece)) continue;
    if (!/^(?:[A-Za-z]+\d{0,2}|\d{1,2}[A-Za-z]{2,})$/.test(piece)) return false;
    words++;
    letters += piece.length;
  }
  return words > 0 && letters / words >= 2.5;
}
