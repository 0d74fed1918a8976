import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path whose leading `~` is the home folder: shells leave it as it is after an equals sign and within quotes. */
export function withHome(path: string): string {
  const rest = path.match(/^~(?:$|[/\\](.*))/s);
  return rest === null ? path : join(homedir(), rest[1] ?? '');
}
