import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Progress } from './progress.mjs';
import { root } from './workspace.mjs';

const name = '.harmonic.lock';
const file = join(root, name);

/** How often the owner refreshes the lock, and after how long without a refresh the lock counts as stale, in milliseconds. */
const beat = 1000;
const dead = 10_000;

/** Does work that only one command at a time may do in this folder; waits if another is doing it. */
export async function alone(work) {
  const waiting = new Progress(`Waiting for another command to finish installing or building (${name})`);
  while (!take()) {
    waiting.update();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  waiting.end();
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Someone has removed it.
    }
  }, beat);
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.off('exit', release);
    release();
  }
}

/** Creates the lock; a stale one is removed by whichever process manages to rename it. */
function take() {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    // If nothing can be written, nothing is installed or built either.
    if (error.code !== 'EEXIST') return true;
  }
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined || Date.now() - status.mtimeMs < dead) return false;
  const taken = `${file}.${process.pid}`;
  try {
    renameSync(file, taken);
    rmSync(taken, { recursive: true, force: true });
  } catch {
    // Another process was faster.
  }
  return false;
}
