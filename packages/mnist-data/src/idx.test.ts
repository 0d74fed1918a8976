import { gzipSync } from 'node:zlib';
import { foldIn, HarmonicError, randomBits, randomKey, randomUniform } from '@harmonic-mlp/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decompress, parseIdx, readIdx } from './idx';

/** The IDX file of a shape and its elements, written independently of the parser. */
function idxFile(shape: number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const dimensions = shape.flatMap((d) => [(d >>> 24) & 255, (d >>> 16) & 255, (d >>> 8) & 255, d & 255]);
  return new Uint8Array([0, 0, type, shape.length, ...dimensions, ...Array.from(data)]);
}

async function errorOf(action: () => unknown): Promise<HarmonicError> {
  try {
    await action();
  } catch (error) {
    if (HarmonicError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const plain = idxFile([2, 3], [1, 2, 3, 4, 5, 6]);

describe('parseIdx', () => {
  it('reads the shape and the elements', () => {
    const { shape, data } = parseIdx(plain, 'file');
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reads the example of its documentation', () => {
    const idx = parseIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), 'labels');
    expect(idx).toEqual({ shape: [2], data: new Uint8Array([7, 9]) });
  });

  it('copies nothing, and reads bytes that begin inside a larger buffer', () => {
    const larger = new Uint8Array(5 + plain.length + 2);
    larger.set(plain, 5);
    const { shape, data } = parseIdx(larger.subarray(5, 5 + plain.length), 'file');
    expect(shape).toEqual([2, 3]);
    expect(data.buffer).toBe(larger.buffer);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reads an empty array', () => {
    const empty = parseIdx(idxFile([0, 28, 28], []), 'file');
    expect(empty.shape).toEqual([0, 28, 28]);
    expect(empty.data.length).toBe(0);
  });

  it('reads back what was written, whatever the shape', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    for (let run = 0; run < 300; run++) {
      const key = foldIn(randomKey(seed), run);
      const rank = 1 + Math.floor(randomUniform(foldIn(key, 'rank'), 1)[0] * 6);
      const shape = Array.from(randomUniform(foldIn(key, 'shape'), rank), (u) => Math.floor(u * 6));
      const count = shape.reduce((product, dimension) => product * dimension, 1);
      const elements = Array.from(
        randomBits(foldIn(key, 'data'), new Uint32Array(count)),
        (word) => word & 255,
      );
      const idx = parseIdx(idxFile(shape, elements), 'file');
      expect({ shape: idx.shape, data: [...idx.data] }, `seed ${seed}, run ${run}`).toEqual({
        shape,
        data: elements,
      });
    }
  });

  it('refuses every proper beginning of a file, and every continuation', async () => {
    for (let length = 0; length < plain.length; length++) {
      const error = await errorOf(() => parseIdx(plain.subarray(0, length), 'digits'));
      expect(error.code).toBe('INVALID_DATA');
      expect(error.message).toMatch(/^digits is cut short: .*Get the file again\.$/);
    }
    const error = await errorOf(() => parseIdx(new Uint8Array([...plain, 0]), 'digits'));
    expect(error.message).toBe(
      'digits is too long: 7 bytes follow the header, expected 6 for the shape [2, 3]. Get the file again.',
    );
  });

  it.each<[string, Uint8Array, string]>([
    [
      'no header',
      new Uint8Array(0),
      'digits is cut short: it has 0 bytes, and the header of an IDX file at least 8. Get the file again.',
    ],
    [
      'an HTML page',
      new TextEncoder().encode('<!DOCTYPE html>'),
      'digits is not an IDX file: it begins with the bytes 3c 21, expected 00 00. Check that it is the file itself, and not, say, the error page of a failed download.',
    ],
    [
      'a second byte that is not zero',
      new Uint8Array([0, 1, 8, 1, 0, 0, 0, 0]),
      'digits is not an IDX file: it begins with the bytes 00 01, expected 00 00. Check that it is the file itself, and not, say, the error page of a failed download.',
    ],
    [
      'gzip',
      new Uint8Array(gzipSync(plain)),
      'digits is not an IDX file: it begins with the bytes 1f 8b, expected 00 00. It is compressed with gzip: use readIdx, or decompress it first.',
    ],
    [
      'float32',
      idxFile([1], [0, 0, 0, 0], 0x0d),
      'digits holds elements of type float32 (0x0d), expected uint8 (0x08). Convert it to unsigned bytes.',
    ],
    [
      'int16',
      idxFile([1], [0, 0], 0x0b),
      'digits holds elements of type int16 (0x0b), expected uint8 (0x08). Convert it to unsigned bytes.',
    ],
    [
      'an unknown type',
      idxFile([1], [0], 0x07),
      'digits holds elements of type unknown (0x07), expected uint8 (0x08). Convert it to unsigned bytes.',
    ],
    [
      'rank 0',
      idxFile([], [5]),
      'digits has rank 0, expected at least one dimension. Its header is corrupt: get the file again.',
    ],
    [
      'a header cut short',
      idxFile([2, 3], []).subarray(0, 11),
      'digits is cut short: it has 11 bytes, and its header of rank 2 takes 12. Get the file again.',
    ],
    [
      'data cut short',
      plain.subarray(0, plain.length - 2),
      'digits is cut short: 4 bytes follow the header, expected 6 for the shape [2, 3]. Get the file again.',
    ],
    [
      'a claim of 4 GB',
      idxFile([0xffffffff], [1]),
      'digits is cut short: 1 bytes follow the header, expected 4294967295 for the shape [4294967295]. Get the file again.',
    ],
    [
      'a product that would overflow 64 bits to 0',
      idxFile([0x80000000, 0x80000000, 4], []),
      'digits claims the shape [2147483648, 2147483648, 4], which is more than 2^53 bytes. Its header is corrupt: get the file again.',
    ],
    [
      'a product beyond the largest double',
      idxFile(Array(255).fill(0xffffffff), []),
      `digits claims the shape [${Array(8).fill(0xffffffff).join(', ')}, …], which is more than 2^53 bytes. Its header is corrupt: get the file again.`,
    ],
  ])('names what is wrong with %s', async (_, bytes, message) => {
    const error = await errorOf(() => parseIdx(bytes, 'digits'));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toBe(message);
  });

  it('takes no dimension of zero for an overflow', () => {
    expect(parseIdx(idxFile([0, ...Array(200).fill(0xffffffff)], []), 'file').data.length).toBe(0);
  });

  it.each([
    [new ArrayBuffer(8), 'ArrayBuffer'],
    [undefined, 'Undefined'],
    ['text', 'String'],
  ])('refuses %s, which is no Uint8Array', async (bytes, type) => {
    const error = await errorOf(() => parseIdx(bytes as unknown as Uint8Array, 'digits'));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(`digits is given as ${type}; it must be a Uint8Array`);
  });
});

describe('decompress and readIdx', () => {
  afterEach(() => vi.unstubAllGlobals());

  const compressed = new Uint8Array(gzipSync(plain));

  it('reads plain and compressed files alike', async () => {
    expect(await decompress(plain, 'file')).toBe(plain);
    expect(await decompress(compressed, 'file')).toEqual(plain);
    expect(await readIdx(compressed, 'file')).toEqual(await readIdx(plain, 'file'));
    expect((await readIdx(compressed, 'file')).shape).toEqual([2, 3]);
  });

  it('reads a file of many chunks', async () => {
    const elements = new Uint8Array(randomBits(randomKey(1), new Uint32Array(100_000)).buffer);
    const file = new Uint8Array(8 + elements.length);
    file.set(idxFile([elements.length], []));
    file.set(elements, 8);
    const { data } = await readIdx(new Uint8Array(gzipSync(file)), 'file');
    expect(Buffer.compare(data, elements)).toBe(0);
  });

  it('refuses a gzip file cut short anywhere', async () => {
    for (let length = 2; length < compressed.length; length++) {
      const error = await errorOf(() => decompress(compressed.subarray(0, length), 'digits.gz'));
      expect(error.code).toBe('INVALID_DATA');
      expect(error.message).toBe(
        'digits.gz is a gzip file that is cut short or corrupt. Get the file again.',
      );
    }
  });

  it('refuses a gzip file with a wrong byte', async () => {
    for (const position of [2, 12, compressed.length - 8, compressed.length - 1]) {
      const corrupt = compressed.slice();
      corrupt[position] ^= 0xff;
      const error = await errorOf(() => decompress(corrupt, 'digits.gz'));
      expect(error.message, `byte ${position}`).toContain(
        'digits.gz is a gzip file that is cut short or corrupt',
      );
      expect(error.cause).toBeDefined();
    }
  });

  it('stops at maxBytes, plain and compressed', async () => {
    expect(await decompress(plain, 'file', plain.length)).toBe(plain);
    expect(await decompress(compressed, 'file', plain.length)).toEqual(plain);
    const fix = 'expected at most maxBytes, 17. Raise maxBytes if you trust the file.';
    expect((await errorOf(() => readIdx(plain, 'digits', { maxBytes: 17 }))).message).toBe(
      `digits has 18 bytes, ${fix}`,
    );
    const error = await errorOf(() => readIdx(compressed, 'digits', { maxBytes: 17 }));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toBe(`digits has more uncompressed bytes than allowed, ${fix}`);
  });

  it('does not unpack a gzip bomb', async () => {
    let unpacked = 0;
    const Platform = DecompressionStream;
    vi.stubGlobal('DecompressionStream', function counting(format: CompressionFormat) {
      const { readable, writable } = new Platform(format);
      const count = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          unpacked += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return { writable, readable: readable.pipeThrough(count) };
    });
    // 64 MiB of zeros, which gzip makes a thousand times smaller.
    const bomb = new Uint8Array(gzipSync(new Uint8Array(2 ** 26)));
    const error = await errorOf(() => decompress(bomb, 'bomb.gz', 2 ** 20));
    expect(error.message).toContain('bomb.gz has more uncompressed bytes than allowed');
    expect(unpacked).toBeGreaterThan(2 ** 20);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(unpacked).toBeLessThan(2 ** 22);
  });

  it.each([0, -1, 1.5, Number.NaN, '9'])('refuses maxBytes %s', async (maxBytes) => {
    const error = await errorOf(() => readIdx(plain, 'digits', { maxBytes: maxBytes as number }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toMatch(/^maxBytes is .*; it must be an integer at least 1\.$/);
  });
});
