import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Progress } from './progress.mjs';
import { root } from './workspace.mjs';

const file = join(root, '.harmonic.lock');

/** Does work that no other command does at the same time in this folder; waits where one is at it. */
export async function alone(work) {
  const waiting = new Progress('Another command installs or builds; waiting for it');
  while (!take()) {
    waiting.update();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  waiting.end();
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** Makes the lock, or takes that of a process that is no more. */
function take() {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    // Where nothing can be written, nothing is installed or built either.
    if (error.code !== 'EEXIST') return true;
    if (!isAlive(Number(contentOf(file)))) rmSync(file, { force: true });
    return false;
  }
}

function contentOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  // Another is just about to write its own.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
