import { lstatSync, readFileSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { link, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, renamePatiently } from './file-system';

/** The file by which a run tells that it uses its folder. */
export const lockFile = 'run.lock';

/** How often a run tells that it is alive, and for how long one is watched that this system does not know; in ms. */
const beat = 5000;
const watch = 4 * beat;
/** What has not told so for this long, in ms, need not be watched. */
const longDead = 600_000;

interface Owner {
  pid: number;
  host: string;
  /** Where the number counts, on Linux: containers have numbers of their own. */
  space?: string;
  /** When the process started, as Linux tells it: numbers are used again. */
  started?: string;
}

/** A folder that a living run uses. */
export class FolderInUse extends Error {}

/**
 * Takes a folder for this run, until it is released or the process ends.
 *
 * @param onWatch is told where it takes up to 20 seconds to see whether the run that has the folder is alive.
 * @returns what releases it.
 * @throws {FolderInUse} when a living process has it. What a process has left that was killed is taken over.
 */
export async function lockFolder(folder: string, onWatch: () => void): Promise<() => void> {
  const file = join(folder, lockFile);
  const own = JSON.stringify(thisProcess());
  while (!(await create(file, own))) await removeLeftOver(file, folder, onWatch);

  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, beat);
  timer.unref();
  const release = () => {
    clearInterval(timer);
    process.off('exit', release);
    try {
      // Not one that another has put there, once this was removed by hand.
      if (readFileSync(file, 'utf8') === own) unlinkSync(file);
    } catch {
      // It is gone.
    }
  };
  process.on('exit', release);
  return release;
}

const thisProcess = (): Owner => ({
  pid: process.pid,
  host: hostname(),
  space: unlessMissing(() => readlinkSync('/proc/self/ns/pid')),
  started: startOf(process.pid),
});

async function create(file: string, own: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is no more. */
async function removeLeftOver(file: string, folder: string, onWatch: () => void): Promise<void> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    // It has been released meanwhile, unless it is a link to nowhere.
    if (codeOf(error) !== 'ENOENT') throw error;
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
      throw new Error(`${lockFile} is a link to nowhere`);
    return;
  }
  if (await isAlive(content, file, onWatch)) {
    const { pid, host } = parse(content) ?? {};
    throw new FolderInUse(
      `${resolve(folder)} is in use by a run that goes on (process ${pid ?? '?'}${host === hostname() ? '' : ` on ${host ?? '?'}`}). Wait for it, or give another --out; if there is no such run any more, remove ${join(folder, lockFile)}.`,
    );
  }
  // Whoever renames it has it; two that come at once do not remove each other's new one.
  const taken = `${file}.${process.pid}`;
  try {
    await renamePatiently(file, taken);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(taken, 'utf8').catch(() => content)) !== content)
    await link(taken, file).catch(() => {});
  rmSync(taken, { force: true });
}

async function isAlive(content: string, file: string, onWatch: () => void): Promise<boolean> {
  const owner = parse(content);
  const self = thisProcess();
  if (owner === undefined || owner.host !== self.host || owner.space !== self.space)
    return await tellsSo(file, onWatch);
  if (owner.pid === self.pid) return owner.started === self.started && owner.started !== undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return started === undefined || owner.started === undefined || started === owner.started;
}

/** Whether the lock's time moves on while it is watched; clocks of other machines may be wrong. */
async function tellsSo(file: string, onWatch: () => void): Promise<boolean> {
  const time = async () => (await stat(file).catch(() => undefined))?.mtimeMs;
  const first = await time();
  if (first === undefined || Date.now() - first > longDead) return false;
  onWatch();
  for (let waited = 0; waited < watch; waited += 250) {
    await sleep(250);
    const now = await time();
    if (now === undefined) return false;
    if (now !== first) return true;
  }
  return false;
}

function parse(content: string): Owner | undefined {
  try {
    const { pid, host, space, started } = JSON.parse(content);
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid, host, space, started } : undefined;
  } catch {
    return undefined;
  }
}

/** When a process started, by Linux's /proc, with the boot that this is counted from; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  return unlessMissing(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before may hold anything; the 20th field after it is the start.
    return `${boot} ${status.slice(status.lastIndexOf(')') + 2).split(' ')[19]}`;
  });
}

function unlessMissing(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
