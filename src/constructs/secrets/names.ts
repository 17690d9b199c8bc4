/** RFC 1123 subdomain: what Secrets, stores and service accounts may be called. */
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Keys of a Secret, as the API server takes them. */
const KEY = /^(?!\.\.)(?!\.$)[A-Za-z0-9._-]{1,253}$/;

export function isSubdomain(name: unknown): name is string {
  return typeof name === 'string' && SUBDOMAIN.test(name);
}

export function isSecretKey(key: unknown): key is string {
  return typeof key === 'string' && KEY.test(key);
}
