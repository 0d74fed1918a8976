import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unbroken } from './wrapped';

/** How the README has everybody run pnpm, which need not be installed. */
const pnpm = 'npx --yes pnpm@10';

/** A command line of pnpm that a user can paste. */
export const pnpmCommand = (words: string): string => unbroken(`${pnpm} ${words}`);

/** The file that runs this program; bundled, this module lies beside it. */
export const mainFile = fileURLToPath(new URL('./main.js', import.meta.url));

/** What a user writes before a command of this program to run it again, here and as it was run this time. */
export function program(): string {
  const { npm_lifecycle_event: script, HARMONIC_MLP_LAUNCHER: launcher = mainFile } = process.env;
  return script === undefined ? `node ${quoted(relative('', launcher))}` : pnpm;
}

/** A command line that a user can paste. */
export const commandLine = (...words: string[]): string =>
  unbroken([program(), ...words.map(quoted)].join(' '));

/** An argument as the shell of this system takes it. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word) && (process.platform === 'win32' || !word.includes('\\'))) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
