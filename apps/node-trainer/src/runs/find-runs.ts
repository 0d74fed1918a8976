import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { nearestName } from '@harmonic-mlp/core';
import { commandLine } from '../command-line';
import { TrainerError } from '../errors';
import { codeOf, reason } from '../file-system';
import { runsFolder } from '../folders';
import { isRun } from './read-run';

/** The folder of a sweep's runs, and the file that makes a folder that of a sweep. */
const trialsFolder = 'trials';
const sweepFile = 'sweep.json';

/** The name of a folder into which a later run in the same folder has moved an earlier one. */
export const isEarlier = (name: string) => /^earlier-\d+$/.test(name);

/** What a folder holds. */
export interface FoundRuns {
  /** The names of its runs, relative to it: `a`, or with those that later ones have moved `a/earlier-1`. */
  names: string[];
  /** The names of its sweeps, whose runs are not among these. */
  sweeps: string[];
}

/**
 * Finds the runs in a folder of runs or of a sweep.
 *
 * @param earlier whether to find those too that a later run in the same folder has moved.
 * @throws {TrainerError} `FILE_NOT_FOUND` when the folder does not exist, `UNREADABLE` when it cannot be read.
 */
export async function findRuns(folder: string, { earlier = false } = {}): Promise<FoundRuns> {
  const found: FoundRuns = { names: [], sweeps: [] };
  const isSweep = existsSync(join(folder, sweepFile));
  const parent = isSweep ? trialsFolder : '';
  for (const name of await folders(isSweep ? join(folder, trialsFolder) : folder, isSweep)) {
    const path = parent === '' ? name : `${parent}/${name}`;
    if (await isRun(join(folder, path))) found.names.push(path);
    else if (existsSync(join(folder, path, sweepFile))) found.sweeps.push(path);
    if (!earlier) continue;
    for (const moved of (await folders(join(folder, path))).filter(isEarlier)) {
      if (await isRun(join(folder, path, moved))) found.names.push(`${path}/${moved}`);
    }
  }
  return found;
}

/** The names of the folders in a folder, in order. */
async function folders(folder: string, mayBeMissing = false): Promise<string[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && mayBeMissing) return [];
    const isMissing = codeOf(error) === 'ENOENT';
    const problem = isMissing ? 'The folder does not exist.' : `It cannot be read: ${reason(error)}.`;
    throw new TrainerError(isMissing ? 'FILE_NOT_FOUND' : 'UNREADABLE', { problem, file: resolve(folder) });
  }
  const are = await Promise.all(
    entries.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.isDirectory()),
  );
  return entries.filter((_, i) => are[i]).sort();
}

/**
 * The folder of a run that a user names: by its path, or its name in the folder of runs.
 *
 * @throws {TrainerError} `FILE_NOT_FOUND`, with the nearest names there are.
 */
export async function folderOfRun(name: string, runs: string = runsFolder): Promise<string> {
  for (const folder of [name, join(runs, name), join(runs, trialsFolder, name)]) {
    if (await isRun(folder)) return folder;
  }
  const known = (await findRuns(runs, { earlier: true }).catch(() => undefined))?.names ?? [];
  throw new TrainerError('FILE_NOT_FOUND', {
    problem: `There is no run ${name}, neither as a folder nor in ${runs}.`,
    fix: fixFor(name, known, runs),
  });
}

function fixFor(name: string, known: readonly string[], runs: string): string {
  const like = known.filter((each) => each.includes(name)).slice(-3);
  const nearest = like.length > 0 ? like : [nearestName(name, known)].filter((each) => each !== undefined);
  if (nearest.length > 0)
    return `Did you mean ${new Intl.ListFormat('en', { type: 'disjunction' }).format(nearest)}?`;
  if (known.length === 0) return 'There are no runs there yet; train writes them.';
  return `List them with: ${commandLine('runs', 'list', ...(runs === runsFolder ? [] : ['--dir', runs]))}`;
}
