/** What a name says, in words that hold nothing of it: it may be part of a value. */
export function describe(name: string): string {
  if (/pass|pwd|pw$|psw|kennwort|senha/i.test(name)) return 'a password';
  if (/token|jwt|bearer/i.test(name)) return 'a token';
  if (/key/i.test(name)) return 'a key';
  return 'a secret';
}

/** Code that computes the value: a call, an index, a member of something. */
export function isCode(value: string, isQuoted: boolean): boolean {
  if (isQuoted) return false;
  return (
    /^[!~]?[A-Za-z_][\w.]{0,80}[([]/.test(value) ||
    /^(?:new|await|await|function|lambda|not|if|get|fetch|typeof|return|self|this)\b[ .(]/.test(value) ||
    /^[a-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,60}){1,8}\(?$/.test(value) ||
    /^(?:[([*&!=<>|?]|\{(?!\{))/.test(value)
  );
}

/** True of what documentation shows in place of a token. */
export function isStandIn(body: string): boolean {
  return (
    /example|x{6,}|your|placeholder|redacted|0{8,}|1234567890|abcdefgh/i.test(body) &&
    !/[0-9].*[a-z].*[0-9].*[A-Z].*[0-9]/.test(body)
  );
}

/** True of the code of an ASCII letter. */
export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
