/**
 * Id of a repository: the path of its URL, without host, `.git` and leading slashes. Of a local path or file:// URL,
 * whose leading folders are those of one machine, the last two parts.
 */
export function repositoryId(url: string): string | undefined {
  const absolute = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/[^/]*\/(.*)$/s.exec(url);
  const scp = absolute === null ? /^[^/:]+:(?!\/\/)(.*)$/s.exec(url) : null;
  const local = absolute === null ? scp === null : absolute[1]?.toLowerCase() === 'file';
  const path = (absolute?.[2] ?? scp?.[1] ?? url).replace(/[?#].*$/s, '').replaceAll('\\', '/');
  const parts = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const id = (local ? parts.slice(-2) : parts).join('/');
  return id === '' || /\p{Cc}/u.test(id) ? undefined : id;
}
