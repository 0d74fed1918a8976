import { lstatSync, readFileSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { type FileHandle, link, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrainerError } from './errors';
import { codeOf, renamePatiently } from './file-system';

/** The file that shows that a run is using its folder. */
export const lockFile = 'run.lock';

/** How often a run updates the time of its lock, and how long the lock of a run on another system is watched; in ms. */
const beat = 5000;
const watch = 4 * beat;
/** A lock that has not been updated for this long, in ms, need not be watched. */
const longDead = 600_000;

interface Owner {
  pid: number;
  host: string;
  /** The namespace of the process ID, on Linux: each container has its own. */
  space?: string;
  /** When the process started, where Linux says so: process IDs are reused. */
  started?: string;
}

/**
 * Locks a folder for this run, until it is released or the process ends. The lock of a process that was killed is taken over.
 *
 * @param onWatch called when it will take up to 20 seconds to see whether the run that has the lock is alive.
 * @returns a function that releases it.
 * @throws {TrainerError} `FOLDER_IN_USE` when a live process has the lock.
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
      // Only this run's own lock: somebody may have removed that, and another run put its own there.
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
  let lock: FileHandle;
  try {
    lock = await open(file, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await lock.writeFile(own);
    return true;
  } catch (error) {
    // Without its content, on a full disk, it would look like that of a run elsewhere.
    await rm(file, { force: true });
    throw error;
  } finally {
    await lock.close();
  }
}

/** Removes the lock of a process that has ended. */
async function removeLeftOver(file: string, folder: string, onWatch: () => void): Promise<void> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    // It has been released in the meantime, unless it is a dangling link.
    if (codeOf(error) !== 'ENOENT') throw error;
    if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return;
    const problem = 'The lock of the folder is a dangling link.';
    throw new TrainerError('UNREADABLE', { problem, file, fix: 'Remove it, or give another --out.' });
  }
  if (await isAlive(content, file, onWatch)) {
    const { pid = '?', host = '?' } = parse(content) ?? {};
    throw new TrainerError('FOLDER_IN_USE', {
      problem: `The folder is in use by another run (process ${pid}${host === hostname() ? '' : ` on ${host}`}).`,
      fix: `Wait for it, or give another --out; if that run no longer exists, remove ${join(folder, lockFile)}.`,
      file: resolve(folder),
    });
  }
  // Whoever renames it has it, so that of two runs at once neither removes the other's new lock.
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

/**
 * The process that has the lock of a folder, if it is alive. One on another machine is taken to be if it has updated the lock
 * within the last 20 seconds, which is not certain: clocks differ.
 */
export async function lockOwner(folder: string): Promise<{ pid?: number; host?: string } | undefined> {
  const file = join(folder, lockFile);
  try {
    const [content, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const owner = parse(content);
    const isLive = isAliveHere(owner) ?? Date.now() - mtimeMs < watch;
    return isLive ? { pid: owner?.pid, host: owner?.host } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(content: string, file: string, onWatch: () => void): Promise<boolean> {
  return isAliveHere(parse(content)) ?? (await isUpdated(file, onWatch));
}

/** Whether a process of this machine is alive; undefined for one of another machine or container. */
function isAliveHere(owner: Owner | undefined): boolean | undefined {
  const self = thisProcess();
  if (owner === undefined || owner.host !== self.host || owner.space !== self.space) return undefined;
  if (owner.pid === self.pid) return owner.started === self.started && owner.started !== undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return started === undefined || owner.started === undefined || started === owner.started;
}

/** Whether the lock's time changes while it is watched: the clocks of other machines may be wrong. */
async function isUpdated(file: string, onWatch: () => void): Promise<boolean> {
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

/** When a process started, from Linux's /proc, with the boot that this is counted from; undefined on other systems. */
function startOf(pid: number): string | undefined {
  return unlessMissing(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the 20th field after it is the start.
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
