import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unbroken } from './wrapped';

/** How the README runs pnpm, which need not be installed. */
const pnpm = 'npx --yes pnpm@10';

/** A command line of pnpm that a user can paste. */
export const pnpmCommand = (words: string): string => unbroken(`${pnpm} ${words}`);

/** The file that runs this program, which lies beside this module in the build. */
export const mainFile = fileURLToPath(new URL('./main.js', import.meta.url));

/** What a user types before a command of this program, in the current folder and in the way it was run this time. */
export const program = (): string => programOf(process.argv[1] ?? mainFile);

const programOf = (file: string): string => {
  const { npm_lifecycle_event: script, HARMONIC_MLP_LAUNCHER: launcher = file } = process.env;
  return script === undefined ? `node ${quoted(relative('', launcher))}` : pnpm;
};

/** A command line that a user can paste. */
export const commandLine = (...words: string[]): string => joined(program(), words);

/** The file that runs the scripts of this repository; the sources and the build of this module lie at the same depth. */
const launcherFile = fileURLToPath(new URL('../../../harmonic.mjs', import.meta.url));

/** A command line that a user can paste, of a script of this repository that is not a command of this program. */
export const repositoryCommand = (...words: string[]): string => joined(programOf(launcherFile), words);

const joined = (program: string, words: string[]): string =>
  unbroken([program, ...words.map(quoted)].join(' '));

/** An argument, quoted for this system's shell if need be. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word) && (process.platform === 'win32' || !word.includes('\\'))) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
