import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './trainer-here';
import { cutMnist, embedded, events, start } from './trainer-process';

const mnistFiles = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];
/** The folder of Debian's package dataset-fashion-mnist. */
const fashion = '/usr/share/datasets/fashion-mnist';

let folder: string;
let cut: string;
let cache: string;

const run = (...args: string[]) => runHere(args, { cwd: folder, env: { HARMONIC_MLP_DATA: cache } });
const quick = ['--preset', 'published', '--hidden', '32', '--batch-size', '100', '--backend', 'wasm'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic data é '));
  cut = join(folder, 'cut mnist');
  cache = join(folder, 'the cache');
  await mkdir(cut);
  await cutMnist(cut, 2000, 500);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train --validation', () => {
  it('evaluates epochs on the images held out, and the best model on the test images', async () => {
    const data = ['--data-dir', cut, '--no-verify'];
    const ended = await run(
      'train',
      ...['--json', ...quick, ...data, '--validation', '500', '--epochs', '2', '--out', 'held out'],
    );
    expect(ended.stderr).toBe('');
    const [first, second, summary] = events(ended);
    expect(first).toHaveProperty('validationAccuracy');
    expect(first).not.toHaveProperty('testAccuracy');
    expect(summary).toMatchObject({
      bestValidationAccuracy: Math.max(first.validationAccuracy, second.validationAccuracy),
      testAccuracy: expect.any(Number),
    });
    const config = JSON.parse(await readFile(join(folder, 'held out', 'config.json'), 'utf8'));
    expect(config.data).toMatchObject({ dataset: 'mnist', training: 1500, validation: 500, test: 500 });

    const evaluated = await run('evaluate', '--model', 'held out', '--json');
    expect(events(evaluated)[0].testAccuracy).toBe(summary.testAccuracy);

    const resumed = await run('train', '--json', '--resume', 'held out', '--epochs', '3');
    expect(resumed.stderr).toBe('');
    expect(events(resumed)[0]).toMatchObject({ epoch: 3, validationAccuracy: expect.any(Number) });
  });

  it.each([
    ['0', /--validation is 0; it must be a finite number greater than 0/],
    ['2000', /validation is 2000; it must be a fraction less than 1, or an integer less than 2000/],
    ['0.5x', /--validation is "0.5x"/],
  ])('refuses %s of 2,000 images', async (value, message) => {
    const ended = await run('train', ...quick, '--data-dir', cut, '--no-verify', '--validation', value);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(2);
  });
});

describe('--dataset', () => {
  /** Writes a data set of images of 2×3 pixels; those of class c are bright in column c, unless all are `even`. */
  async function writeColumns(place: string, classes: number, isEven = false): Promise<void> {
    await mkdir(place);
    for (const [part, count] of [
      ['train', 600],
      ['t10k', 90],
    ] as const) {
      const pixels = Array.from({ length: count }, (_, i) =>
        Array.from({ length: 6 }, (_, p) => (isEven ? 9 : p % 3 === i % classes ? 200 + (i % 50) : i % 40)),
      ).flat();
      const size = [0, 0, count >> 8, count & 255];
      const images = [0, 0, 8, 3, ...size, 0, 0, 0, 2, 0, 0, 0, 3, ...pixels];
      const labels = [0, 0, 8, 1, ...size, ...Array.from({ length: count }, (_, i) => i % classes)];
      await writeFile(join(place, `${part}-images-idx3-ubyte.gz`), gzipSync(Uint8Array.from(images)));
      await writeFile(join(place, `${part}-labels-idx1-ubyte`), Uint8Array.from(labels));
    }
  }

  it('own trains on IDX files of any size and number of classes, which the model remembers', async () => {
    const own = join(folder, 'own files');
    await writeColumns(own, 3);
    const ended = await run(
      'train',
      ...['--dataset', 'own', '--data-dir', own, ...quick, '--epochs', '3', '--json', '--out', 'own run'],
    );
    expect(ended.stderr).toBe('');
    expect(events(ended).at(-1).testAccuracy).toBeGreaterThan(0.95);
    const evaluated = await run('evaluate', '--model', 'own run');
    expect(evaluated.stdout).toMatch(/\nTest data +90 images of .*own files\n/);

    const fewer = join(folder, 'fewer classes');
    await writeColumns(fewer, 2);
    const ofFewer = await run('evaluate', '--model', 'own run', '--data-dir', fewer);
    expect([ofFewer.code, ofFewer.stderr]).toEqual([0, '']);
    const small = [...quick, '--epochs', '1', '--json', '--out', 'fewer run'];
    expect((await run('train', '--dataset', 'own', '--data-dir', fewer, ...small)).code).toBe(0);
    for (const command of [['evaluate'], ['predict', '2']]) {
      const { code, stderr } = await run(...command, '--model', 'fewer run', '--data-dir', own);
      expect(stderr).toMatch(/The model has 6 inputs and 2 classes, but .* has 6 inputs and 3 classes\./);
      expect(code).toBe(1);
    }
  });

  it('warns of images that are all the same', async () => {
    const even = join(folder, 'even');
    await writeColumns(even, 2, true);
    const options = [...quick, '--epochs', '1', '--json', '--out', 'even run'];
    const { code, stderr } = await run('train', '--dataset', 'own', '--data-dir', even, ...options);
    expect(stderr).toMatch(/^The units of hidden\.0 see no difference between the examples/);
    expect(code).toBe(0);
  });

  it('own needs test images of the same shape as the training images, and files that it finds by name', async () => {
    const own = join(folder, 'two shapes');
    await mkdir(own);
    const write = async (part: string, rows: number, columns: number) => {
      const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, rows, 0, 0, 0, columns];
      await writeFile(
        join(own, `${part}-images.idx3-ubyte`),
        Uint8Array.from([...header, ...Array(12).fill(7)]),
      );
      await writeFile(
        join(own, `${part}-labels.idx1-ubyte`),
        Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]),
      );
    };
    await write('train', 2, 3);
    await write('t10k', 3, 2);
    const ended = await run('train', '--dataset', 'own', '--data-dir', own);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/t10k-images\.idx3-ubyte: The file holds images of 3×2, expected 2×3/);
    const elsewhere = await run('train', '--dataset', 'own', '--data-dir', folder);
    expect(elsewhere).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(" Name your four files like MNIST's: train-images-idx3-ubyte, "),
      error: { code: 'FILE_NOT_FOUND', file: join(folder, 'train-images-idx3-ubyte') },
    });
  });

  it('own needs a folder', async () => {
    const ended = await run('train', '--dataset', 'own');
    expect(ended).toMatchObject({
      code: 2,
      stderr: 'error: --dataset own needs --data-dir, the folder with your four IDX files.\n',
      error: { code: 'INVALID_ARGUMENT', argument: 'dataDir' },
    });
  });

  it('refuses an unknown name, and lists the known ones', async () => {
    const ended = await run('train', '--dataset', 'cifar');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(
      /"fashion-mnist", "kmnist", "qmnist", "emnist-letters", "emnist-balanced", "waves", .*"own"/,
    );
  });

  it('says how to get missing files when it may not download them', async () => {
    const ended = await run('train', '--dataset', 'kmnist', '--offline');
    expect(ended.code).toBe(1);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.stderr).toMatch(
      /: The file is missing, and --offline forbids downloading it\. Load it once without --offline, fetch it with data fetch, or pass a folder with the files as --data-dir\.$/m,
    );
    expect(existsSync(cache)).toBe(false);
  });

  it('trains on Fashion-MNIST from --data-dir, and finds it again by itself', { tags: 'long' }, async ({
    skip,
  }) => {
    skip(!existsSync(fashion), `${fashion} is not there: install Debian's package dataset-fashion-mnist.`);
    const ended = await run(
      'train',
      ...[
        '--dataset',
        'fashion-mnist',
        '--data-dir',
        fashion,
        ...quick,
        '--epochs',
        '1',
        '--json',
        '--out',
        'fashion',
      ],
    );
    expect(ended.stderr).toBe('');
    // A linear classifier reaches about 84%; chance is 10%.
    expect(events(ended).at(-1).testAccuracy).toBeGreaterThan(0.75);

    const predicted = await run('predict', '0', '--model', 'fashion', '--json');
    expect(events(predicted)[0]).toMatchObject({ index: 0, label: 9 });
    const drawn = await run('predict', '0', '--model', 'fashion');
    expect(drawn.stdout).toMatch(/Test image 0 is an? Ankle boot/);
    const evaluated = await run('evaluate', '--model', 'fashion');
    expect(evaluated.stdout).toMatch(/\nTest data +10,000 images of Fashion-MNIST\n/);
  });
});

describe('data', () => {
  let server: Server;
  let mirror: string;
  /** Called when somebody has received the beginning of a file that never ends. */
  let asked = () => {};
  /** An address at which nobody listens. */
  let closed: string;
  const listening = (server: Server) =>
    new Promise<string>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      });
    });
  beforeAll(async () => {
    const nobody = createServer();
    closed = await listening(nobody);
    nobody.close();
    server = createServer(async (request, response) => {
      const name = decodeURIComponent(request.url ?? '/').slice(1);
      if (name.startsWith('slow/')) {
        response.writeHead(200).write(Buffer.alloc(1000, 1));
        // By then the beginning has been received.
        setTimeout(asked, 500);
        return;
      }
      const bytes = await readFile(join(embedded, name.replace(/\.gz$/, ''))).catch(() => undefined);
      if (bytes === undefined) response.writeHead(404).end();
      else response.end(gzipSync(bytes, { level: 1 }));
    });
    mirror = await listening(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('list shows the known data sets, and where each one is', async () => {
    const ended = await run('data', 'list');
    expect(ended.stdout).toMatch(/^mnist +60,000 \+ 10,000 +10 +12 MB +embedded +CC BY-SA 3\.0$/m);
    expect(ended.stdout).toMatch(/^emnist-balanced +112,800 \+ 18,800 +47 +562 MB +not here/m);
    const listed = events(await run('data', 'list', '--json'));
    expect(listed.map(({ name }) => name)).toContain('kmnist');
    expect(listed[0]).toMatchObject({ source: 'package', classes: 10, training: 60000 });
  });

  it('fetch fills the cache from a mirror, once, and verify accepts the files', async () => {
    const fetched = await run('data', 'fetch', 'mnist', '--mirror', mirror);
    expect(fetched.code, fetched.stderr).toBe(0);
    expect(fetched.stdout).toBe(`MNIST is in ${join(cache, 'mnist')}\n`);
    expect(fetched.stderr).toMatch(/^Downloading http:\/\/127\.0\.0\.1:\d+\/train-images-idx3-ubyte\.gz/m);
    expect((await readdir(join(cache, 'mnist'))).sort()).toEqual(
      mnistFiles.map((name) => `${name}.gz`).sort(),
    );

    const again = await run('data', 'fetch', 'mnist', '--mirror', closed);
    expect(again).toMatchObject({ code: 0, stderr: '', stdout: fetched.stdout });

    const verified = await run('data', 'verify', 'mnist', '--data-dir', join(cache, 'mnist'), '--json');
    expect(verified.code).toBe(0);
    expect(Object.values<{ state: string }>(events(verified)[0].files).map(({ state }) => state)).toEqual(
      Array(4).fill('published'),
    );
  });

  it('verify names a damaged file and a missing one, and exits with 1', async () => {
    const damaged = join(folder, 'damaged');
    await cp(embedded, damaged, { recursive: true });
    const file = join(damaged, 't10k-labels-idx1-ubyte');
    const bytes = await readFile(file);
    bytes[100] ^= 1;
    await writeFile(file, bytes);
    await rm(join(damaged, 'train-images-idx3-ubyte'));
    const ended = await run('data', 'verify', 'mnist', '--data-dir', damaged);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(
      /^ {2}\S.*t10k-labels-idx1-ubyte: The file is not the published one: .*--no-verify/m,
    );
    expect(ended.stdout).toMatch(/^ {2}train-images-idx3-ubyte\S* +missing/m);
    expect(ended.stdout).toMatch(/^ {2}train-labels-idx1-ubyte +as published/m);
    const [{ files }] = events(await run('data', 'verify', 'mnist', '--data-dir', damaged, '--json'));
    expect(files.testLabels).toEqual({
      path: file,
      bytes: bytes.length,
      state: 'damaged',
      reason: expect.stringContaining('--no-verify'),
    });
  });

  it('fetch says why each address failed', async () => {
    const ended = await run('data', 'fetch', 'kmnist', '--mirror', `${mirror}nothing/`, '--mirror', closed);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/404/);
    expect(ended.stderr).toMatch(/pass their folder as --data-dir/);
    expect(ended.stderr).toMatch(/refused/i);
    expect(ended.stderr).not.toMatch(/ at .*\.js/);
  });

  it.each(['fetch', 'verify'])('%s names the data set that is meant', async (command) => {
    const ended = await run('data', command, 'mnist', 'minst');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^error: The data set is "minst"; .*"kmnist".* Did you mean "mnist"\?\n$/);
  });

  it('fetch requires web addresses', async () => {
    const ended = await run('data', 'fetch', '--mirror', 'ftp://example.org/', 'kmnist');
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('begins with https://') });
  });

  it.skipIf(process.platform === 'win32')(
    'fetch and train can be interrupted while downloading, and what was received is kept',
    { timeout: 60_000 },
    async () => {
      // Training downloads only from the addresses of kmnist, which have to lead to this server.
      const preload = join(folder, 'slow-fetch.mjs');
      const code = `const { fetch } = globalThis;
        globalThis.fetch = (url, options) => fetch(${JSON.stringify(`${mirror}slow/`)} + url.split('/').at(-1), options);`;
      await writeFile(preload, code);
      const env = {
        HARMONIC_MLP_DATA: join(folder, 'slow cache'),
        NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`,
      };
      for (const args of [
        ['data', 'fetch', 'kmnist'],
        ['train', '--dataset', 'kmnist'],
      ]) {
        const slowRequest = new Promise<void>((resolve) => {
          asked = resolve;
        });
        const { child, ended } = start(args, { cwd: folder, env });
        await slowRequest;
        child.kill('SIGINT');
        const { code, stderr } = await ended;
        expect(code, stderr).toBe(130);
        expect(stderr).toMatch(/^Interrupted\. What has been downloaded is kept/m);
        const left = await readdir(join(env.HARMONIC_MLP_DATA, 'kmnist'));
        expect(left).toEqual(['train-images-idx3-ubyte.gz.part']);
      }
    },
  );

  it('verify with --data-dir requires one name', async () => {
    const ended = await run('data', 'verify', '--data-dir', embedded);
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('name the one data set'),
      error: { code: 'INVALID_ARGUMENT', argument: 'dataDir', value: embedded },
    });
  });
});
