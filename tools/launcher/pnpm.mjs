import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

const isWindows = process.platform === 'win32';

/** The command that starts pnpm, either the one that runs this process or the one from npx, and whether it needs a shell. */
export function pnpm() {
  const runner = process.env.npm_execpath;
  if (runner === undefined || !basename(runner).startsWith('pnpm') || !existsSync(runner))
    return { program: ['npx', '--yes', 'pnpm@10'], shell: isWindows };
  return { program: /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner], shell: false };
}

/** The command that starts Node with a pnpm on its path, so that other programs can start pnpm. */
export function nodeBesidePnpm() {
  const names = isWindows ? ['pnpm.cmd', 'pnpm.exe'] : ['pnpm'];
  const folders = (process.env.PATH ?? process.env.Path ?? '').split(delimiter);
  if (folders.some((folder) => names.some((name) => existsSync(join(folder, name)))))
    return { program: [process.execPath], shell: false };
  return { program: ['npx', '--yes', 'pnpm@10', 'exec', 'node'], shell: isWindows };
}
