import { statSync } from 'node:fs';
import { basename } from 'node:path';

const runner = process.env.npm_execpath;

/** Whether pnpm runs this process. */
export const isUnderPnpm =
  runner !== undefined &&
  basename(runner).startsWith('pnpm') &&
  statSync(runner, { throwIfNoEntry: false }) !== undefined;

/** What starts pnpm: the one that runs this process, or the one that npx gets; and whether that takes a shell. */
export function pnpm() {
  if (!isUnderPnpm) return { program: ['npx', '--yes', 'pnpm@10'], shell: process.platform === 'win32' };
  return { program: /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner], shell: false };
}
