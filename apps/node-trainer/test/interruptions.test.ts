import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCheckpoint } from 'harmonic-mlp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeSmallDisk, noSmallDisk, type SmallDisk } from '../../../test/support/small-disk';
import { runHere } from './trainer-here';
import { main, start } from './trainer-process';

let folder: string;

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic interruptions '));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const training = (out: string, epochs: number) => [
  ...['train', '--dataset', 'waves', '--examples', '64', '--hidden', '200', '--batch-size', '16'],
  ...['--schedule', 'constant', '--checkpoint-steps', '3', '--backend', 'wasm'],
  ...['--epochs', String(epochs), '--out', out],
];

/** Runs that would continue if a test failed. */
const left = new Set<ReturnType<typeof start>['child']>();
afterEach(() => {
  for (const child of left) child.kill('SIGKILL');
  left.clear();
});

/** Starts a run that does not end by itself, and waits until its output matches. */
async function running(out: string, output: RegExp, node?: string[]) {
  const started = start(training(out, 1_000_000), { cwd: folder, node });
  left.add(started.child);
  await Promise.race([started.ended, expect.poll(started.output).toMatch(output)]);
  return started;
}

const last = (place: string) => join(place, 'last.safetensors');

function contentOf(place: string) {
  const { tensors, progress } = readCheckpoint(readFileSync(last(place)));
  return {
    tensors,
    progress: { ...progress, history: progress!.history.map(({ seconds: _, ...each }) => each) },
  };
}

/** Resumes a run for up to two more epochs, and compares it to one that was never interrupted. */
async function expectSameEnd(place: string): Promise<void> {
  const epochs = readCheckpoint(readFileSync(last(place))).position!.epoch + 1;
  const resumed = await runHere(['train', '--resume', place, '--epochs', String(epochs)], { cwd: folder });
  expect(resumed.code, resumed.stderr).toBe(0);
  const whole = await mkdtemp(join(folder, 'whole '));
  expect((await runHere(training(whole, epochs), { cwd: folder })).code).toBe(0);
  expect(contentOf(place)).toEqual(contentOf(whole));
  expect((await readdir(place)).filter((name) => /\.(tmp|lock)$/.test(name))).toEqual([]);
}

const firstEpoch = /\n {4,}1 {3}/;

// Windows has no way to send a process another's signals.
describe.skipIf(process.platform === 'win32')('a run that is told to end', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s saves, and ends the same when resumed',
    async (signal) => {
      const place = join(folder, signal);
      const { child, ended } = await running(place, firstEpoch);
      child.kill(signal);
      const { code, stderr } = await ended;
      expect(code, stderr).toBe(130);
      expect(stderr).toMatch(/Interrupted at step \d of 4 in epoch \d+, and saved\. Resume with: /);
      await expectSameEnd(place);
    },
  );

  it('stops at once at a second Ctrl-C, even while it writes a checkpoint', async () => {
    // The second checkpoint takes a minute to write.
    const slow = `
      import { syncBuiltinESMExports } from 'node:module';
      import fs from 'node:fs/promises';
      const { open } = fs;
      let count = 0;
      fs.open = async (path, ...more) => {
        const file = await open(path, ...more);
        if (/last\\.safetensors\\.\\d+\\.tmp$/.test(path) && ++count === 2) {
          file.sync = () => new Promise((resolve) => setTimeout(resolve, 60_000));
          console.log('writing');
        }
        return file;
      };
      syncBuiltinESMExports();`;
    const place = join(folder, 'second');
    const hook = [`--import=data:text/javascript,${encodeURIComponent(slow)}`];
    const { child, ended } = await running(place, /writing\n/, hook);
    const before = await readFile(last(place));
    child.kill('SIGINT');
    await sleep(100);
    // As some shells forward it; it is the same Ctrl-C.
    child.kill('SIGINT');
    await sleep(1100);
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('Press Ctrl-C again to stop at once, without saving.');
    expect(await readFile(last(place))).toEqual(before);
    expect((await readdir(place)).some((name) => name.endsWith('.tmp'))).toBe(true);
    await expectSameEnd(place);
  });
});

describe.skipIf(noSmallDisk !== undefined)(
  `a run whose disk becomes full${noSmallDisk ? ` (${noSmallDisk})` : ''}`,
  () => {
    let disk: SmallDisk;
    afterEach(() => disk.remove());

    it('says so, leaves what was saved, and ends the same when resumed', async () => {
      disk = await makeSmallDisk(2 ** 20);
      const place = join(disk.folder, 'run');
      const { child, ended } = await running(place, firstEpoch);
      // The run also writes to it.
      for (; child.exitCode === null; await sleep(10)) await disk.fill(0).catch(() => {});
      const { code, stderr } = await ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /error: \S*(last|best)\.safetensors: The file cannot be written: the disk is full\. Make room, or give another --out\. What was saved before is still there\. Resume from it with: .* train --resume \S*last\.safetensors\n$/,
      );
      expect((await readdir(place)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      const copy = join(folder, 'copy');
      await cp(place, copy, { recursive: true });
      // It cannot begin either, and loses nothing.
      await disk.fill(0);
      const again = await runHere(['train', '--resume', place], { cwd: folder });
      expect(again.code).toBe(1);
      expect(again.stderr).toMatch(/^error: .* the disk is full\. /);
      expect(existsSync(join(place, 'run.lock'))).toBe(false);
      expect(await readFile(last(place))).toEqual(await readFile(last(copy)));
      await disk.fill(2 ** 19);
      await expectSameEnd(place);
    });
  },
);
