import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { embedded } from './trainer-process';

let folder: string;
const model = ['--model', 'trained'];
/** The first test image of each digit, 0 to 9. */
const examples = [3, 2, 1, 18, 4, 8, 11, 0, 61, 7];

const run = (...args: string[]) => runHere(args, { cwd: folder });

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
  folder = await mkdtemp(join(tmpdir(), 'harmonic drawings é '));
  const quick = [
    '--preset',
    'published',
    '--backend',
    'wasm',
    '--hidden',
    '64',
    '--epochs',
    '1',
    '--activation',
    'relu',
  ];
  const { code, stderr } = await run('train', ...quick, '--out', 'trained');
  expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('predict', () => {
  it('recognizes drawn digits, and prints one JSON object for each', async () => {
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
      expect(stdout.match(/^\d {2,}\d+\.\d%/gm)).toHaveLength(10);
    }
  });

  it('takes a number for a test image, and ./ before it for a file; both at once', async () => {
    await writePng('8', examples[4]);
    const { code, stdout } = await run('predict', './8', '0', ...model);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\.\/8: the model says \d\.$/m);
    expect(stdout).toMatch(/^Test image 0 is a 7; the model says \d: (right|wrong)\.$/m);
  });

  it('says in its help what it accepts', async () => {
    const { stdout } = await run('predict', '--help');
    expect(stdout.replace(/\s+/g, ' ')).toContain('a PNG, JPEG, or PGM file of one drawn digit');
  });

  it.each<[string, string, () => Promise<Uint8Array | undefined>, string]>([
    ['is missing', 'seven', async () => undefined, 'UNREADABLE'],
    ['is empty', 'empty.png', async () => new Uint8Array(), 'INVALID_DATA'],
    [
      'is blank',
      'blank.png',
      async () => encodePng({ data: new Uint8Array(1e4).fill(255), width: 100, height: 100, channels: 1 }),
      'INVALID_DATA',
    ],
    [
      'is truncated',
      'cut.png',
      async () =>
        encodePng({ data: new Uint8Array(1e4), width: 100, height: 100, channels: 1 }).subarray(0, 50),
      'INVALID_DATA',
    ],
  ])('fails with one line where the file %s', async (_, name, make, code) => {
    const bytes = await make();
    if (bytes) await writeFile(join(folder, name), bytes);
    const ended = await run('predict', name, ...model);
    expect(ended).toMatchObject({ code: 1, stdout: '', error: { code, file: name } });
    expect(ended.stderr).toMatch(new RegExp(`^error: ${name}: [A-Z][^\\n]*\\n$`));
  });

  it('refuses a model whose training images are not drawings', async () => {
    const noise = (i: number) => (i * i * 31 + i * 37) % 256;
    await writeOwn('noise', 4, (_, image, i) => noise(16 * image + i), 40);
    const trained = await trainOwn('noise', '--batch-size', '10');
    expect(trained.code, trained.stderr).toBe(0);
    await writePng('large.png', 0);
    const { code, stdout, stderr } = await run('predict', 'large.png', '--model', 'of noise');
    expect(stderr).toMatch(
      /^error: of noise.*safetensors: The model cannot read drawings: its training images are not drawings .*\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it.each<[string, number, (at: At) => number, string[]]>([
    ['transposed', 28, (at) => at((row, column) => [column, row]), ['--transpose']],
    ['dark on light', 28, (at) => 255 - at((row, column) => [row, column]), []],
    ['in a frame of 32', 32, (at) => at((row, column) => [row - 2, column - 2]), []],
    ['half as large', 28, (at) => at((row, column) => [2 * row - 14, 2 * column - 14]), []],
  ])(
    'prepares drawings like its training images: %s',
    { tags: 'long' },
    async (name, side, pixel, options) => {
      await writeOwn(name, side, pixel, 6000);
      const published = ['--preset', 'published', '--activation', 'relu', '--epochs', '2'];
      const trained = await trainOwn(name, ...published, ...options);
      expect(trained.code, trained.stderr).toBe(0);
      const names = await Promise.all(
        examples.map(async (example, digit) => {
          await writePng(`own ${digit}.png`, example);
          return `own ${digit}.png`;
        }),
      );
      const { code, stdout, stderr } = await run('predict', ...names, '--model', `of ${name}`, '--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const predictions = stdout.trim().split('\n');
      expect(predictions).toHaveLength(10);
      const right = predictions.filter((line, digit) => JSON.parse(line).prediction === digit);
      expect(right.length, stdout).toBeGreaterThanOrEqual(8);
      const config = JSON.parse(await readFile(join(folder, `of ${name}`, 'config.json'), 'utf8'));
      expect(config.data.transposed).toBe(options.length > 0 ? true : undefined);
      // The run's settings also apply to its test images.
      const evaluated = await run('evaluate', '--model', `of ${name}`, '--json');
      expect(JSON.parse(evaluated.stdout).testAccuracy).toBeGreaterThan(0.75);
    },
  );

  it('reads what earlier versions have saved about the data of a run', async () => {
    await writeOwn('earlier', 28, (at) => 200 - at((row, column) => [row, column]) / 2, 600);
    const trained = await trainOwn('earlier', '--batch-size', '50');
    expect(trained.code, trained.stderr).toBe(0);
    await writePng('earlier.png', examples[7]);
    const predicted = await run('predict', 'earlier.png', '--model', 'of earlier', '--json');
    expect(predicted.code, predicted.stderr).toBe(0);

    const file = await readFile(join(folder, 'of earlier', 'best.safetensors'));
    const end = 8 + Number(file.readBigUInt64LE());
    const header = JSON.parse(file.toString('utf8', 8, end));
    const { normalization, drawingStyle, ...run_ } = JSON.parse(header.__metadata__.run);
    const { centering, center, ...style } = drawingStyle;
    header.__metadata__.run = JSON.stringify({
      ...run_,
      normalisation: { mean: normalization.mean, deviation: normalization.std },
      drawingStyle: { ...style, centring: centering, centre: center },
    });
    header.__metadata__.version = '2';
    delete header.__metadata__.checksum;
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    await writeFile(join(folder, 'earlier.safetensors'), Buffer.concat([length, text, file.subarray(end)]));
    expect(await run('predict', 'earlier.png', '--model', 'earlier.safetensors', '--json')).toEqual(
      predicted,
    );
  });

  it('refuses to transpose images of a known orientation', async () => {
    const message = '--transpose applies only with --dataset own, not with mnist.';
    for (const command of [['train'], ['evaluate', ...model], ['predict', '0', ...model]]) {
      const { code, stderr } = await run(...command, '--transpose');
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
  });
});

/** The brightness of an image of MNIST at the place to which a function maps a place in the user's own image. */
type At = (place: (row: number, column: number) => [row: number, column: number]) => number;

/** Writes a user's own data set, with images of `side` × `side` pixels made from MNIST's first images. */
async function writeOwn(
  name: string,
  side: number,
  pixel: (at: At, image: number, index: number) => number,
  count: number,
): Promise<void> {
  await mkdir(join(folder, name));
  for (const part of ['train', 't10k']) {
    const images = (await readFile(join(embedded, `${part}-images-idx3-ubyte`))).subarray(16);
    const labels = await readFile(join(embedded, `${part}-labels-idx1-ubyte`));
    const size = part === 'train' ? count : Math.min(count, 500);
    const bytes = Buffer.alloc(16 + size * side * side);
    bytes.set([0, 0, 8, 3]);
    bytes.writeUInt32BE(size, 4);
    bytes.writeUInt32BE(side, 8);
    bytes.writeUInt32BE(side, 12);
    for (let image = 0; image < size; image++) {
      for (let i = 0; i < side * side; i++) {
        const at: At = (place) => {
          const [row, column] = place(Math.floor(i / side), i % side);
          const isInside = Math.min(row, column) >= 0 && Math.max(row, column) < 28;
          return isInside ? images[784 * image + 28 * row + column] : 0;
        };
        bytes[16 + image * side * side + i] = pixel(at, image, i);
      }
    }
    const labelBytes = Buffer.from(labels.subarray(0, 8 + size));
    labelBytes.writeUInt32BE(size, 4);
    await writeFile(join(folder, name, `${part}-images-idx3-ubyte`), bytes);
    await writeFile(join(folder, name, `${part}-labels-idx1-ubyte`), labelBytes);
  }
}

const trainOwn = (name: string, ...options: string[]) =>
  run(
    ...['train', '--dataset', 'own', '--data-dir', name, '--backend', 'wasm', '--hidden', '64'],
    ...['--epochs', '1', '--out', `of ${name}`, ...options],
  );
