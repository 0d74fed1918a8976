/** File system errors, in words. */
const fileReasons: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is exceeded',
  EEXIST: 'a file of that name already exists',
  EISDIR: 'it is a folder',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'part of its path is a file, not a folder',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
};

/** Network errors, as phrases to follow an address. */
const networkReasons: Record<string, string> = {
  EAI_AGAIN: 'its name cannot be resolved at the moment; are you online?',
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'cut the connection',
  ENETUNREACH: 'cannot be reached; are you online?',
  ENOTFOUND: 'its name cannot be resolved; are you online?',
  ETIMEDOUT: 'did not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'did not answer in time',
  UND_ERR_SOCKET: 'cut the connection',
};

/** Why a file system operation failed. */
export function explainFileError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return fileReasons[code] ?? message;
}

/** Why `fetch` failed, which its error reveals only in its cause. */
export function explainNetworkError(error: Error): string {
  const { code = '', message = '' } = (error.cause ?? error) as NodeJS.ErrnoException;
  return networkReasons[code] ?? (message || error.message);
}

/** Advice for when a proxy is set that Node's `fetch` ignores. */
export function proxyAdvice(env: Readonly<Record<string, string | undefined>>): string {
  const proxy = ['HTTPS_PROXY', 'https_proxy'].find((name) => env[name]);
  if (proxy === undefined || env.NODE_USE_ENV_PROXY) return '';
  return ` ${proxy} is set, but Node uses it only with NODE_USE_ENV_PROXY=1, in version 22.21, 24.5, and later.`;
}
