import { readFileSync, rmSync, unlinkSync } from 'node:fs';
import { link, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

/** The file by which a run tells that it uses its folder. */
export const lockFile = 'run.lock';

/** How often a run tells that it is alive, and after how long without it another machine takes it for dead; in ms. */
const beat = 15_000;
const dead = 10 * beat;

interface Owner {
  pid: number;
  host: string;
  /** When the process started, as the system tells it: process numbers are used again. */
  started?: string;
}

/** A folder that a living run uses. */
export class FolderInUse extends Error {}

/**
 * Takes a folder for this run, until it is released or the process ends.
 *
 * @returns what releases it.
 * @throws {FolderInUse} when a living process has it. What a process has left that was killed is taken over.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const file = join(folder, lockFile);
  const own = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) });
  while (!(await create(file, own))) await removeLeftOver(file, folder);

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

async function create(file: string, own: string): Promise<boolean> {
  try {
    await writeFile(file, own, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is no more. */
async function removeLeftOver(file: string, folder: string): Promise<void> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  if (await isAlive(content, file)) {
    const { pid, host } = parse(content) ?? {};
    throw new FolderInUse(
      `${resolve(folder)} is in use by a run that goes on (process ${pid ?? '?'}${host === hostname() ? '' : ` on ${host ?? '?'}`}). Wait for it, or give another --out; if there is no such run any more, remove ${join(folder, lockFile)}.`,
    );
  }
  // Whoever renames it has it; two that come at once do not remove each other's new one.
  const taken = `${file}.${process.pid}`;
  try {
    await rename(file, taken);
  } catch {
    return;
  }
  if ((await readFile(taken, 'utf8').catch(() => content)) !== content)
    await link(taken, file).catch(() => {});
  rmSync(taken, { force: true });
}

async function isAlive(content: string, file: string): Promise<boolean> {
  const owner = parse(content);
  const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? 0);
  // Just made, and not written yet, or by something else.
  if (owner === undefined) return age < 2000;
  if (owner.host !== hostname()) return age < dead;
  if (owner.pid === process.pid) return owner.started === startOf(process.pid) && owner.started !== undefined;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const started = startOf(owner.pid);
  return started === undefined || owner.started === undefined || started === owner.started;
}

function parse(content: string): Owner | undefined {
  try {
    const { pid, host, started } = JSON.parse(content);
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid, host, started } : undefined;
  } catch {
    return undefined;
  }
}

/** When a process started, by Linux's /proc, with the boot that this is counted from; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before may hold anything; the 20th field after it is the start.
    return `${boot} ${status.slice(status.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}
