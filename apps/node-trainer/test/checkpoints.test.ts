import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint } from 'harmonic-mlp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runHere } from './trainer-here';

/** What is called around each operation on files, and whether the file system has links. */
const disk = vi.hoisted(() => ({ around: () => {}, hasLinks: true }));
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  const watched =
    <Args extends unknown[], T>(operation: (...args: Args) => Promise<T>) =>
    async (...args: Args) => {
      disk.around();
      try {
        return await operation(...args);
      } finally {
        disk.around();
      }
    };
  const link: typeof actual.link = async (...paths) => {
    if (!disk.hasLinks) throw Object.assign(new Error('EPERM: link'), { code: 'EPERM' });
    return actual.link(...paths);
  };
  const { copyFile, open, rename, rm } = actual;
  const operations = {
    link: watched(link),
    copyFile: watched(copyFile),
    open: watched(open),
    rename: watched(rename),
    rm: watched(rm),
  };
  return { ...actual, ...operations, default: { ...actual, ...operations } };
});

let folder: string;
/** A run that has saved within epochs: four steps each. */
let trained: string;
/** The same run without checkpoints within epochs, an epoch longer. */
let whole: string;

const run = (...args: string[]) => runHere(args, { cwd: folder });
const training = (...more: string[]) =>
  [
    'train',
    '--dataset',
    'waves',
    '--examples',
    '64',
    '--hidden',
    '8',
    '--batch-size',
    '16',
    '--schedule',
    'constant',
    '--backend',
    'wasm',
  ].concat(more);

async function trainWell(...args: string[]): Promise<string> {
  const ended = await run(...args);
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stderr;
}

const last = (place: string) => join(place, 'last.safetensors');
const earlierIn = async (place: string) => (await readdir(join(place, 'checkpoints'))).sort();
const contentOf = (file: string) => {
  const { tensors, progress } = readCheckpoint(readFileSync(file));
  const history = progress!.history.map(({ seconds: _, ...record }) => record);
  return { tensors, progress: { ...progress, history } };
};
const stepsOf = (file: string) => {
  const { epoch, step, stepsPerEpoch } = readCheckpoint(readFileSync(file)).position!;
  return (epoch - 1) * stepsPerEpoch + step;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic checkpoints '));
  trained = join(folder, 'trained');
  await trainWell(...training('--epochs', '3', '--checkpoint-steps', '3', '--keep', '3', '--out', trained));
  whole = join(folder, 'whole');
  await trainWell(...training('--epochs', '4', '--out', whole));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A copy of the run, with the times of its files. */
async function copyOf(place = trained): Promise<string> {
  const copy = await mkdtemp(join(folder, 'copy '));
  await cp(place, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

describe('checkpoints', () => {
  it('are made within epochs, and the newest are kept', async () => {
    expect(stepsOf(last(trained))).toBe(12);
    expect(await earlierIn(trained)).toEqual([
      'epoch-0002-step-00004.safetensors',
      'epoch-0003-step-00001.safetensors',
    ]);
    const standings = (await earlierIn(trained)).map((name) => stepsOf(join(trained, 'checkpoints', name)));
    expect(standings).toEqual([8, 9]);
    expect(await earlierIn(whole)).toEqual(['epoch-0003-step-00004.safetensors']);
    await trainWell(...training('--epochs', '2', '--keep', '1', '--out', 'one'));
    expect(existsSync(join(folder, 'one', 'checkpoints'))).toBe(false);
  });

  it('are made after seconds', async () => {
    const place = join(folder, 'seconds');
    const seconds = ['--checkpoint-seconds', '1e-9', '--keep', '9'];
    await trainWell(...training('--epochs', '2', ...seconds, '--out', place));
    const standings = (await earlierIn(place)).map((name) => stepsOf(join(place, 'checkpoints', name)));
    expect(standings).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('are settings of the run, which a resumed one keeps or changes', async () => {
    const place = await copyOf();
    await trainWell('train', '--resume', place, '--epochs', '4');
    expect(await earlierIn(place)).toEqual([
      'epoch-0003-step-00004.safetensors',
      'epoch-0004-step-00003.safetensors',
    ]);
    await trainWell('train', '--resume', place, '--epochs', '5', '--checkpoint-steps', '99', '--keep', '2');
    expect(await earlierIn(place)).toEqual(['epoch-0004-step-00004.safetensors']);
    const { settings } = JSON.parse(await readFile(join(place, 'config.json'), 'utf8'));
    expect(settings).toMatchObject({ checkpointSteps: 99, checkpointSeconds: 600, keep: 2 });
  });

  it.each([
    [['--checkpoint-steps', '0'], /--checkpoint-steps is 0; it must be an integer at least 1/],
    [['--checkpoint-seconds', '0'], /--checkpoint-seconds is 0; it must be .* greater than 0/],
    [['--keep', '0'], /--keep is 0; it must be an integer at least 1/],
  ])('are refused with %j', async (options, message) => {
    const ended = await run(...training(...options));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
  });

  it.each(['epoch-0002-step-00004', 'epoch-0003-step-00001'])(
    'can all be resumed, in another folder, and end the same to the bit: %s',
    async (name) => {
      const before = await readdir(trained);
      const file = join(trained, 'checkpoints', `${name}.safetensors`);
      await trainWell('train', '--resume', file, '--epochs', '4');
      const runs = (await readdir(join(folder, 'runs'))).sort();
      const { tensors, progress } = contentOf(last(join(folder, 'runs', runs.at(-1)!)));
      expect({ tensors, progress }).toEqual(contentOf(last(whole)));
      expect(await readdir(trained)).toEqual(before);
    },
  );

  it.each([true, false])(
    'are never newer than the last one, at any moment; with links: %s',
    async (hasLinks) => {
      const place = join(folder, `moments ${hasLinks}`);
      const seen = new Set<string>();
      Object.assign(disk, {
        hasLinks,
        around() {
          if (!existsSync(join(place, 'checkpoints'))) return;
          const now = stepsOf(last(place));
          const names = readdirSync(join(place, 'checkpoints'));
          const others = names
            .filter((name) => !name.endsWith('.tmp'))
            .map((name) => stepsOf(join(place, 'checkpoints', name)));
          expect(Math.max(...others, 0)).toBeLessThanOrEqual(now);
          seen.add(`${now}: ${others}`);
        },
      });
      await trainWell(...training('--epochs', '2', '--checkpoint-steps', '2', '--out', place));
      // Before and after the one before is kept, replaced, and the oldest removed.
      expect([...seen]).toEqual(expect.arrayContaining(['4: 2', '4: 2,4', '6: 2,4', '6: 4']));
      const [kept] = await earlierIn(place);
      expect(kept).toBe('epoch-0002-step-00002.safetensors');
      expect((await stat(join(place, 'checkpoints', kept))).nlink).toBe(1);
    },
  );

  it('lose nothing of an earlier run in the folder', async () => {
    const place = await copyOf();
    await trainWell(...training('--epochs', '1', '--out', place));
    expect(await earlierIn(join(place, 'earlier-1'))).toEqual(await earlierIn(trained));
    expect(existsSync(join(place, 'checkpoints'))).toBe(false);
  });

  it('of the last epoch are enough to end a run that was killed after it', async () => {
    const place = await copyOf(whole);
    const metrics = await readFile(join(place, 'metrics.jsonl'), 'utf8');
    await writeFile(join(place, 'metrics.jsonl'), metrics.split('\n').slice(0, 3).join('\n'));
    const events = await readFile(join(place, 'events.jsonl'), 'utf8');
    await writeFile(join(place, 'events.jsonl'), events.replace(/^.*finished.*\n/m, ''));
    await trainWell('train', '--resume', place);
    expect(await readFile(join(place, 'metrics.jsonl'), 'utf8')).toBe(metrics);
    expect(contentOf(last(place))).toEqual(contentOf(last(whole)));
    const again = await run('train', '--resume', place);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/The run already has 4 epochs/);
  });

  it('that a killed run was writing are removed, and nothing else', async () => {
    const place = await copyOf();
    const left = [
      'last.safetensors.123.tmp',
      'metrics.jsonl.45.tmp',
      'checkpoints/epoch-0003-step-00002.safetensors.6.tmp',
    ];
    const others = [
      'last.safetensors.123.kept',
      'notes.tmp',
      'my-config.json.1.tmp',
      'checkpoints/mine.safetensors',
    ];
    for (const name of [...left, ...others]) await writeFile(join(place, name), 'half');
    await trainWell('train', '--resume', place, '--epochs', '4');
    expect(left.filter((name) => existsSync(join(place, name)))).toEqual([]);
    expect(others.filter((name) => existsSync(join(place, name)))).toEqual(others);
    expect(contentOf(last(place))).toEqual(contentOf(last(whole)));
  });
});

afterEach(() => Object.assign(disk, { around() {}, hasLinks: true }));

const damages: [string, (file: string) => Promise<void>, RegExp][] = [
  ['truncated', (file) => truncate(file, 3000), /This is not a whole safetensors file: .* only 2992 follow/],
  [
    'with a flipped bit',
    async (file) => {
      const bytes = await readFile(file);
      bytes[bytes.length - 5] ^= 16;
      await writeFile(file, bytes);
    },
    /The model file is damaged: its checksum is/,
  ],
  [
    'of another program',
    (file) => writeFile(file, 'PK\x03\x04 a zip archive, surely'),
    /This is not a whole safetensors file/,
  ],
  ['that is empty', (file) => truncate(file, 0), /it has 0 bytes/],
  ['that is gone', (file) => rm(file), /The model cannot be read: it does not exist/],
];

describe('a last checkpoint', () => {
  it.each(damages)(
    '%s is named, and the newest one that is whole continues the run',
    async (what, damage, why) => {
      const place = await copyOf();
      // Otherwise, the best model would be of the same step.
      await rename(join(place, 'best.safetensors'), join(place, 'checkpoints', 'mine.safetensors'));
      await damage(last(place));
      const damaged = what === 'that is gone' ? undefined : await readFile(last(place));
      const said = await trainWell('train', '--resume', place, '--epochs', '4');
      expect(said).toContain(`${last(place)}: `);
      expect(said).toMatch(why);
      expect(said).toMatch(
        /The run continues from the checkpoint before, at step 1 of epoch 3: .*epoch-0003-step-00001\.safetensors\.\n/,
      );
      expect(contentOf(last(place))).toEqual(contentOf(last(whole)));
      const events = (await readFile(join(place, 'events.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events.some(({ event, message }) => event === 'warning' && why.test(message))).toBe(true);
      if (damaged === undefined) return;
      expect(said).toMatch(/The damaged file is now .*damaged\.safetensors\.\n$/);
      expect(await readFile(join(place, 'damaged.safetensors'))).toEqual(damaged);
    },
  );

  it('and the one before may both be damaged', async () => {
    const place = await copyOf();
    await rm(join(place, 'best.safetensors'));
    await truncate(last(place), 100);
    await truncate(join(place, 'checkpoints', 'epoch-0003-step-00001.safetensors'), 100);
    const said = await trainWell('train', '--resume', last(place), '--epochs', '4');
    expect(said).toContain('at step 4 of epoch 2: ');
    expect(contentOf(last(place))).toEqual(contentOf(last(whole)));
  });

  it('may be that of the best model, if it is the newest', async () => {
    const place = await copyOf();
    await rm(join(place, 'checkpoints'), { recursive: true });
    await truncate(last(place), 100);
    const said = await trainWell('train', '--resume', place, '--epochs', '4');
    expect(said).toMatch(/at step 4 of epoch 3: .*best\.safetensors\.\n/);
    expect(contentOf(last(place))).toEqual(contentOf(last(whole)));
  });

  it('is refused if there is no other, and stays', async () => {
    const place = await copyOf();
    for (const name of ['checkpoints', 'best.safetensors']) await rm(join(place, name), { recursive: true });
    await truncate(last(place), 100);
    const ended = await run('train', '--resume', place, '--epochs', '4');
    expect(ended).toMatchObject({ code: 1, error: { code: 'INVALID_DATA', file: last(place) } });
    expect((await stat(last(place))).size).toBe(100);
  });

  it('is not replaced by an older one in time, wherever the run was', async () => {
    const place = await copyOf();
    await rm(join(place, 'best.safetensors'));
    await truncate(last(place), 100);
    // As after a run that went back from epoch 3 to epoch 2.
    await utimes(join(place, 'checkpoints', 'epoch-0003-step-00001.safetensors'), new Date(0), new Date(0));
    const said = await trainWell('train', '--resume', place, '--epochs', '4');
    expect(said).toContain('at step 4 of epoch 2: ');
  });

  it.each(damages.slice(0, 4))('%s is refused by name as a model', async (_, damage, why) => {
    const place = await copyOf();
    await damage(last(place));
    for (const command of [['evaluate'], ['predict', '0']]) {
      const ended = await run(...command, '--model', last(place));
      expect(ended).toMatchObject({ code: 1, error: { code: 'INVALID_DATA', file: last(place) } });
      expect(ended.stderr).toMatch(why);
    }
  });
});
