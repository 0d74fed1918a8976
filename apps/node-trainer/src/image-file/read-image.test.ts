import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { HarmonicError, randomUniform } from '@harmonic-mlp/core';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJpeg } from './jpeg';
import { decodePgm } from './pgm';
import { decodePng } from './png';
import { readImage } from './read-image';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic images é '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return path;
}

const gray = Uint8Array.from({ length: 20 * 30 }, (_, i) => (i % 30) * 8);
const rgba = Uint8Array.from({ length: 4 * gray.length }, (_, i) => (i % 4 === 3 ? 255 : gray[i >> 2]));
const files = {
  PNG: Buffer.from(encodePng({ data: gray, width: 30, height: 20, channels: 1 })),
  JPEG: encodeJpeg({ data: rgba, width: 30, height: 20 }, 90).data,
  PGM: Buffer.concat([Buffer.from('P5 30 20 255\n'), gray]),
};

it.each(Object.entries(files))('recognizes %s by how it begins, whatever its name', async (format, bytes) => {
  const { pixels, rows, columns } = await readImage(await write(`${format} à la photo.txt`, bytes));
  expect([rows, columns]).toEqual([20, 30]);
  pixels.forEach((value, i) => {
    expect(Math.abs(value - gray[i])).toBeLessThan(8);
  });
});

it.each([
  ['', 'an empty file'],
  ['GIF89a', 'a GIF image'],
  ['RIFF\x10\0\0\0WEBPVP8 ', 'a WebP image'],
  ['\0\0\0\x18ftypheic', 'a HEIC image'],
  ['\0\0\0\x18ftypavif', 'an AVIF image'],
  ['BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0', 'a BMP image'],
  ['II*\0\x08\0\0\0', 'a TIFF image'],
  ['P6 1 1 255\n', 'a PPM image'],
  ['%PDF-1.7', 'a PDF document'],
  ['<?xml version="1.0"?><svg/>', 'an SVG or XML file'],
  ['<!DOCTYPE html><title>404</title>', 'a web page'],
  ['seven\n', 'a text file'],
  ['\x7fELF\x02\x01\0\0', 'a file of an unknown format'],
])('says what it found: %j is %s', async (bytes, found) => {
  const path = await write('drawing.png', bytes);
  await expect(readImage(path)).rejects.toMatchObject({
    code: 'INVALID_DATA',
    file: path,
    message: `${path}: This is ${found}. Save the drawing as a PNG, JPEG, or PGM file.`,
  });
});

it.each([
  ['nowhere.png', 'it does not exist'],
  ['', 'it is a folder'],
  [join('file', 'in.png'), 'part of the path is a file, not a folder'],
])('says why it cannot read %j', async (name, problem) => {
  await write('file', 'a file');
  const path = join(folder, name);
  // Windows calls a path through a file missing.
  const why = process.platform === 'win32' && name.includes('in.png') ? 'it does not exist' : problem;
  await expect(readImage(path)).rejects.toMatchObject({
    code: 'UNREADABLE',
    file: path,
    message: `${path}: The image cannot be read: ${why}. Pass a PNG, JPEG, or PGM file of a drawn digit, or the number of a test image.`,
  });
});

it('names the file that is damaged', async () => {
  const path = await write('cut.png', files.PNG.subarray(0, 60));
  await expect(readImage(path)).rejects.toMatchObject({ code: 'INVALID_DATA', file: path });
});

describe('mutated files', () => {
  /** With right checksums, so that the mutation reaches what is behind them. */
  function repaired(file: Buffer): Buffer {
    for (let offset = 8; offset + 12 <= file.length; ) {
      const end = offset + 8 + file.readUInt32BE(offset);
      if (end + 4 > file.length) break;
      file.writeUInt32BE(crc32(file.subarray(offset + 4, end)), end);
      offset = end + 4;
    }
    return file;
  }

  it.each([
    ['PNG', decodePng, (file: Buffer) => file],
    ['PNG', decodePng, repaired],
    ['JPEG', decodeJpeg, (file: Buffer) => file],
    ['PGM', decodePgm, (file: Buffer) => file],
  ] as const)('%s gives an image or a clear error', (format, decode, finish) => {
    const seed = 1;
    const outcomes = { image: 0, error: 0 };
    for (let round = 0; round < 1000; round++) {
      const random = randomUniform([seed, round], 12);
      let file = Buffer.from(files[format]);
      for (let change = 0; change < 4 * random[11]; change++) {
        const [kind, place, value] = random.subarray(3 * (change % 3), 3 * (change % 3) + 3);
        // Half of the changes are in the first tenth, where headers are.
        const at = Math.floor(file.length * (kind < 0.5 ? place / 10 : place));
        if (kind < 0.4 || kind > 0.7) file[at] = Math.floor(256 * value);
        else if (kind < 0.55) file = file.subarray(0, at);
        else file = Buffer.concat([file.subarray(0, at), file.subarray(at + Math.floor(20 * value))]);
      }
      try {
        const { pixels, rows, columns } = decode(finish(file));
        expect(pixels.length).toBe(rows * columns);
        outcomes.image++;
      } catch (error) {
        const { code } = error as HarmonicError;
        const told = HarmonicError.is(error) && ['INVALID_DATA', 'UNSUPPORTED'].includes(code);
        expect(told, `seed ${seed}, round ${round}: ${error}`).toBe(true);
        outcomes.error++;
      }
    }
    expect(outcomes.image).toBeGreaterThan(0);
    expect(outcomes.error).toBeGreaterThan(100);
  });
});
