import { homedir, tmpdir } from 'node:os';
import { posix, win32 } from 'node:path';

/** The environment that {@link cacheFolderOf} depends on. */
export interface Environment {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: () => string;
}

/**
 * The folder where data sets are kept: the one named by the environment variable `HARMONIC_MLP_DATA` (a leading `~` is the
 * home folder), or else the platform's cache location: `$XDG_CACHE_HOME/harmonic-mlp` or `~/.cache/harmonic-mlp` on Linux and
 * other Unix systems, `~/Library/Caches/harmonic-mlp` on macOS, `%LOCALAPPDATA%\harmonic-mlp\Cache` on Windows.
 *
 * @returns an absolute path; the folder need not exist.
 */
export function defaultCache(): string {
  return cacheFolderOf({ env: process.env, platform: process.platform, home });
}

/** {@link defaultCache} for any platform and environment. */
export function cacheFolderOf({ env, platform, home }: Environment): string {
  const { join, resolve, isAbsolute } = platform === 'win32' ? win32 : posix;
  const given = env.HARMONIC_MLP_DATA;
  // Shells do not expand a quoted tilde, and neither do configuration files.
  if (given) return /^~($|[/\\])/.test(given) ? join(home(), given.slice(1)) : resolve(given);
  // The XDG specification says to ignore relative paths.
  const absolute = (path: string | undefined) => (path && isAbsolute(path) ? path : undefined);
  if (platform === 'win32') {
    return join(absolute(env.LOCALAPPDATA) ?? join(home(), 'AppData', 'Local'), 'harmonic-mlp', 'Cache');
  }
  if (platform === 'darwin') return join(home(), 'Library', 'Caches', 'harmonic-mlp');
  return join(absolute(env.XDG_CACHE_HOME) ?? join(home(), '.cache'), 'harmonic-mlp');
}

/** The user's home folder, which a user in a container may not have. */
function home(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}
