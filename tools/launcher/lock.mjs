import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Progress } from './progress.mjs';
import { root } from './workspace.mjs';

const name = '.harmonic.lock';
const file = join(root, name);

/** How often who has the lock says so, and after how long without it the lock is left over, in milliseconds. */
const beat = 1000;
const dead = 10_000;

/** Does work that no other command does at the same time in this folder; waits where one is at it. */
export async function alone(work) {
  const waiting = new Progress(`Another command installs or builds (${name}); waiting for it`);
  while (!take()) {
    waiting.update();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  waiting.end();
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Somebody has removed it.
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

/** Makes the lock; one that is left over is removed, by whoever can rename it. */
function take() {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    // Where nothing can be written, nothing is installed or built either.
    if (error.code !== 'EEXIST') return true;
  }
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined || Date.now() - status.mtimeMs < dead) return false;
  const taken = `${file}.${process.pid}`;
  try {
    renameSync(file, taken);
    rmSync(taken, { recursive: true, force: true });
  } catch {
    // Another was faster.
  }
  return false;
}
