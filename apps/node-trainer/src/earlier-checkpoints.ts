import { copyFile, link, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Position } from 'harmonic-mlp';
import { codeOf, flush, makeFolder, renamePatiently } from './file-system';

/** The folder, in that of a run, of the checkpoints before the last one. */
export const checkpointsFolder = 'checkpoints';

/** So many steps into an epoch. */
export type Standing = Pick<Position, 'epoch' | 'step'>;

/** A checkpoint of a run, and when it was made, in ms. */
export interface CheckpointFile {
  file: string;
  time: number;
}

/** Where a checkpoint stands; between two epochs, at the end of the first. */
export const standing = ({ epoch, step, stepsPerEpoch }: Position): Standing =>
  step === 0 && epoch > 1 ? { epoch: epoch - 1, step: stepsPerEpoch } : { epoch, step };

/** The name of an earlier checkpoint's file: `epoch-0003-step-00120.safetensors`. */
const nameOf = ({ epoch, step }: Standing): string =>
  `epoch-${String(epoch).padStart(4, '0')}-step-${String(step).padStart(5, '0')}.safetensors`;

function standingOf(name: string): Standing | undefined {
  const [, epoch, step] = /^epoch-(\d+)-step-(\d+)\.safetensors$/.exec(name) ?? [];
  return epoch === undefined ? undefined : { epoch: Number(epoch), step: Number(step) };
}

/** Whether a file is an earlier checkpoint of a run. */
export const isEarlier = (file: string): boolean =>
  basename(dirname(file)) === checkpointsFolder && standingOf(basename(file)) !== undefined;

/** The folder of the run that a model file belongs to. */
export const runOf = (file: string): string => (isEarlier(file) ? dirname(dirname(file)) : dirname(file));

/** The earlier checkpoints of a run, the one that was made last first: a run may have gone back. */
export async function earlierCheckpoints(run: string): Promise<CheckpointFile[]> {
  const folder = join(run, checkpointsFolder);
  const names = await readdir(folder).catch(() => []);
  const found = names.flatMap((name) => {
    const at = standingOf(name);
    return at === undefined ? [] : [{ file: join(folder, name), at }];
  });
  // Where the file system's clock is too coarse, the later in the run first.
  found.sort(({ at: a }, { at: b }) => b.epoch - a.epoch || b.step - a.step);
  const files = await Promise.all(found.map(({ file }) => checkpointAt(file)));
  return files.flat().sort((a, b) => b.time - a.time);
}

/** A file as a checkpoint; none if it does not exist. */
export async function checkpointAt(file: string): Promise<CheckpointFile[]> {
  const status = await stat(file).catch(() => undefined);
  return status === undefined ? [] : [{ file, time: status.mtimeMs }];
}

/** Keeps a run's last checkpoint, which is about to be replaced, under the name of where it stands. */
export async function keepEarlier(last: string, at: Standing): Promise<void> {
  const folder = join(dirname(last), checkpointsFolder);
  await makeFolder(folder);
  await duplicate(last, join(folder, nameOf(at)));
}

/** Removes the oldest of a run's earlier checkpoints beyond a number. */
export async function pruneEarlier(run: string, count: number): Promise<void> {
  // One that another program has open is removed after the next checkpoint.
  for (const { file } of (await earlierCheckpoints(run)).slice(count))
    await rm(file, { force: true }).catch(() => {});
}

/** Gives a file another name as well, or copies it where the file system cannot do so; the new one is whole or not there. */
export async function duplicate(file: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await linkOrCopy(file, temporary);
    await renamePatiently(temporary, target);
  } finally {
    // Renaming to another name of the same file leaves both.
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function linkOrCopy(file: string, target: string): Promise<void> {
  try {
    await link(file, target);
  } catch (error) {
    if (['ENOENT', 'ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')) throw error;
    await copyFile(file, target);
    await flush(target);
  }
}
