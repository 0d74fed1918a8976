import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { foldIn, randomKey, threefry2x32 } from '@harmonic-mlp/core';
import { readCheckpoint } from 'harmonic-mlp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { events, main, start } from './trainer-process';

/** How many runs are killed: `KILLS`. */
const runs = Number(process.env.KILLS ?? 10);
/** The seed of all moments: `KILLS_SEED`, which repeats an earlier test as far as the machine does, or a random number. */
const seed = Number(process.env.KILLS_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** A number from 0 to below 1 for a run, its kill, and a question. */
function random(...path: number[]): number {
  const key = path.reduce(foldIn, randomKey(seed));
  const words = new Uint32Array(2);
  threefry2x32(key[0], key[1], 0, 0, words, 0);
  return words[0] / 2 ** 32;
}

/** A way to train: what to start in a folder, whether or not there is something to resume. */
interface Way {
  name: string;
  captured: boolean;
  start(folder: string, node?: string[]): ReturnType<typeof start>;
}

const training = [
  ...['train', '--dataset', 'waves', '--examples', '64', '--hidden', '8', '--batch-size', '16'],
  ...['--checkpoint-steps', '3', '--keep', '3', '--backend', 'wasm', '--epochs', '16', '--json'],
];

const ways: Way[] = [
  {
    name: 'the command line, with steps as programs',
    captured: true,
    start: (folder, node) => {
      const isSaved = existsSync(join(folder, 'last.safetensors'));
      const args = isSaved ? ['train', '--resume', folder, '--json'] : [...training, '--out', folder];
      return start(args, { cwd: tmpdir(), node });
    },
  },
  {
    name: 'the library, with steps as operations',
    captured: false,
    start: (folder, node) =>
      start([folder], {
        cwd: tmpdir(),
        node,
        main: fileURLToPath(new URL('run-of-operations.mjs', import.meta.url)),
      }),
  },
];

/** A moment: a fraction of the time of a run that is not killed, from its start or its first save, or the count-th time that it does something. */
type Moment =
  | { after: number }
  | { afterSaving: number }
  | { at: 'open' | 'write' | 'rename' | 'renamed'; count: number; part?: number };

/** When runs are killed, given a source of random numbers. */
const moments: Record<string, (random: (question: number) => number) => Moment> = {
  'as it starts': (random) => ({ after: 0.8 * random(0) }),
  'as it trains': (random) => ({ afterSaving: 0.2 * random(0) }),
  'before it writes a checkpoint': (random) => ({ at: 'open', count: countOf(random) }),
  'in the middle of a checkpoint': (random) => ({
    at: 'write',
    count: countOf(random),
    part: 0.9 * random(1),
  }),
  'before it renames a checkpoint': (random) => ({ at: 'rename', count: countOf(random) }),
  'after it has renamed a checkpoint': (random) => ({ at: 'renamed', count: countOf(random) }),
};
const names = Object.keys(moments);
const countOf = (random: (question: number) => number) => 1 + Math.floor(20 * random(0));

/** A module that kills its process at the count-th time that it does something to a temporary file of a checkpoint. */
const killing = ({ at, count, part = 0 }: Extract<Moment, { at: string }>) => `
import { syncBuiltinESMExports } from 'node:module';
import fs from 'node:fs/promises';
const { open, rename } = fs;
let left = ${count};
const isCheckpoint = (path) => /last\\.safetensors\\.\\d+\\.tmp$/.test(path);
const reach = (at) => {
  if (at === ${JSON.stringify(at)} && --left === 0) process.kill(process.pid, 'SIGKILL');
};
fs.open = async (path, ...more) => {
  if (!isCheckpoint(path)) return open(path, ...more);
  reach('open');
  const file = await open(path, ...more);
  const { writeFile } = file;
  file.writeFile = async (content) => {
    if (${JSON.stringify(at)} === 'write' && left === 1) {
      await file.write(content, 0, Math.floor(${part} * content.length));
      reach('write');
    }
    reach('write');
    return writeFile.call(file, content);
  };
  return file;
};
fs.rename = async (from, to) => {
  if (!isCheckpoint(from)) return rename(from, to);
  reach('rename');
  await rename(from, to);
  reach('renamed');
};
syncBuiltinESMExports();
`;

let folder: string;
const references = new Map<Way, { content: object; ms: number }>();

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic kills '));
  for (const [i, way] of ways.entries()) {
    const place = join(folder, `never killed ${i}`);
    await mkdir(place);
    const begun = performance.now();
    references.set(way, { content: await ending(way, place, true), ms: performance.now() - begun });
  }
});

afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** What a run has come to, which ends now. @param isWhole whether all of it is trained now. */
async function ending(way: Way, place: string, isWhole = false): Promise<object> {
  const ended = await way.start(place).ended;
  // Killed after it had told its end.
  if (ended.stderr.includes('The run already has 16 epochs.')) return contentOf(place);
  expect(ended.code, ended.stderr).toBe(0);
  const { captured } = events(ended).at(-1);
  if (isWhole) expect(captured).toBe(way.captured);
  // Of one that was killed shortly before its end, there may be too few steps left to make a program of them.
  else if (!way.captured) expect(captured).toBe(false);
  else if (!captured) expect((await configIn(place)).notCaptured).toBeUndefined();
  return contentOf(place);
}

const configIn = async (place: string) => JSON.parse(await readFile(join(place, 'config.json'), 'utf8'));

const timeless = ({ seconds: _, ...record }: { seconds?: number }) => record;

/** The weights, states, and metrics of a run, all but the times. */
async function contentOf(place: string): Promise<object> {
  const models = ['last.safetensors', 'best.safetensors'].filter((name) => existsSync(join(place, name)));
  const files = models.map((name) => {
    const { tensors, progress } = readCheckpoint(readFileSync(join(place, name)));
    return { tensors, progress: { ...progress, history: progress!.history.map(timeless) } };
  });
  const metrics = await readFile(join(place, 'metrics.jsonl'), 'utf8').catch(() => '');
  const lines = metrics.split('\n').filter((line) => line !== '');
  return { files, metrics: lines.map((line) => timeless(JSON.parse(line))) };
}

/** Starts a run, and kills it at a moment; returns whether it was still running. */
async function kill(way: Way, place: string, moment: Moment): Promise<boolean> {
  const hook = 'at' in moment ? [`--import=data:text/javascript,${encodeURIComponent(killing(moment))}`] : [];
  const { child, ended } = way.start(place, hook);
  const { ms } = references.get(way)!;
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  if ('after' in moment) await Promise.race([ended, sleep(ms * moment.after)]);
  if ('afterSaving' in moment) {
    const last = join(place, 'last.safetensors');
    const before = existsSync(last) ? statSync(last).mtimeMs : 0;
    while (!isOver() && !(existsSync(last) && statSync(last).mtimeMs > before)) await sleep(2);
    await Promise.race([ended, sleep(ms * moment.afterSaving)]);
  }
  if (!('at' in moment)) child.kill('SIGKILL');
  const { signal, code, stderr } = await ended;
  if (signal !== 'SIGKILL') expect(code, stderr).toBe(0);
  return signal === 'SIGKILL';
}

/** What a killed run has left. */
function stateOf(place: string): string {
  const last = join(place, 'last.safetensors');
  const half = readdirSync(place).find((name) => /^last\.safetensors\.\d+\.tmp$/.test(name));
  const isSaved = existsSync(last);
  if (half !== undefined) {
    const isWhole = isSaved && statSync(join(place, half)).size >= statSync(last).size;
    return isWhole ? 'a whole file that is not renamed' : 'a part of a file';
  }
  if (!isSaved) return 'nothing';
  const earlier = existsSync(join(place, 'checkpoints')) ? readdirSync(join(place, 'checkpoints')) : [];
  const isKept = earlier.some(
    (name) => statSync(join(place, 'checkpoints', name)).ino === statSync(last).ino,
  );
  return isKept ? 'a checkpoint that was about to be replaced' : 'a checkpoint';
}

it(`${runs} runs that are killed end as if they had not been, with seed ${seed}`, {
  timeout: 20_000 + 10_000 * runs,
}, async () => {
  console.log(`kills: KILLS_SEED=${seed} repeats their moments`);
  const seen: Record<'killed' | 'left', Record<string, number>> = { killed: {}, left: {} };
  const count = (what: keyof typeof seen, name: string) => {
    seen[what][name] = (seen[what][name] ?? 0) + 1;
  };

  async function runAndKill(number: number, attempt = 0): Promise<void> {
    const way = ways[number % ways.length];
    const place = join(folder, `run ${number} ${attempt}`);
    await mkdir(place);
    // Some are killed again as they are resumed.
    const kills = random(number, attempt) < 0.3 ? 2 : 1;
    for (let each = 0; each < kills; each++) {
      // All moments take turns: with ten runs, each of them in one of the ways at least.
      const turn = Math.floor(names.length * random()) + Math.floor(number / 2) + 3 * (number % 2) + each;
      const name = names[turn % names.length];
      const moment = moments[name]((question) => random(number, attempt, each, question));
      if (await kill(way, place, moment)) {
        count('killed', name);
        count('left', stateOf(place));
        continue;
      }
      expect(attempt, `run ${number} has always ended before it was killed`).toBeLessThan(9);
      if (each === 0) return runAndKill(number, attempt + 1);
    }
    expect(await ending(way, place), `run ${number}: ${way.name}`).toEqual(references.get(way)!.content);
    if (way.captured) expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }

  let next = 0;
  const worker = async () => {
    while (next < runs) await runAndKill(next++);
  };
  await Promise.all([worker(), worker(), worker()]);
  console.log(`kills: ${JSON.stringify(seen)}`);
  if (runs < 10) return;
  expect(Object.keys(seen.killed).sort()).toEqual([...names].sort());
  expect(seen.left).toHaveProperty('a part of a file');
});
