import { gzipSync } from 'node:zlib';
import { foldIn, HarmonicError, randomBits, randomKey, randomUniform } from '@harmonic-mlp/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decompress, parseIdx, readIdx } from './idx';

/** An IDX file with the given shape and elements, written independently of the parser. */
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

afterEach(() => vi.unstubAllGlobals());

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
      expect(error.message).toMatch(/^digits: The file is cut short: .*Get the file again\.$/);
    }
    const error = await errorOf(() => parseIdx(new Uint8Array([...plain, 0]), 'digits'));
    expect(error.message).toBe(
      'digits: The file is too long: 7 bytes follow the header, expected 6 for the shape [2, 3]. Get the file again.',
    );
  });

  it.each<[string, Uint8Array, string]>([
    [
      'no header',
      new Uint8Array(0),
      'digits: The file is cut short: it has 0 bytes, and its header takes 8. Get the file again.',
    ],
    [
      'an HTML page',
      new TextEncoder().encode('<!DOCTYPE html>'),
      'digits: The file is not an IDX file: it begins with the bytes 3c 21, expected 00 00. It may be the error page of a failed download.',
    ],
    [
      'a second byte that is not zero',
      new Uint8Array([0, 1, 8, 1, 0, 0, 0, 0]),
      'digits: The file is not an IDX file: it begins with the bytes 00 01, expected 00 00. It may be the error page of a failed download.',
    ],
    [
      'gzip',
      new Uint8Array(gzipSync(plain)),
      'digits: The file is not an IDX file: it begins with the bytes 1f 8b, expected 00 00. It is compressed with gzip: use readIdx, or decompress it first.',
    ],
    [
      'float32',
      idxFile([1], [0, 0, 0, 0], 0x0d),
      'digits: The file holds elements of type float32 (0x0d), expected uint8. Convert it.',
    ],
    [
      'int16',
      idxFile([1], [0, 0], 0x0b),
      'digits: The file holds elements of type int16 (0x0b), expected uint8. Convert it.',
    ],
    [
      'an unknown type',
      idxFile([1], [0], 0x07),
      'digits: The file holds elements of type unknown (0x07), expected uint8. Convert it.',
    ],
    [
      'rank 0',
      idxFile([], [5, 6, 7, 8]),
      'digits: The file has rank 0, expected at least one dimension. Get the file again.',
    ],
    [
      'a header cut short',
      idxFile([2, 3], []).subarray(0, 11),
      'digits: The file is cut short: it has 11 bytes, and its header takes 12. Get the file again.',
    ],
    [
      'data cut short',
      plain.subarray(0, plain.length - 2),
      'digits: The file is cut short: 4 bytes follow the header, expected 6 for the shape [2, 3]. Get the file again.',
    ],
    [
      'a claim of 4 GB',
      idxFile([0xffffffff], [1]),
      'digits: The file is cut short: 1 bytes follow the header, expected 4294967295 for the shape [4294967295]. Get the file again.',
    ],
    [
      'a product that would overflow 64 bits to 0',
      idxFile([0x80000000, 0x80000000, 4], []),
      'digits: The file is cut short: 0 bytes follow the header, expected 18446744073709552000 for the shape [2147483648, 2147483648, 4]. Get the file again.',
    ],
    [
      'a product beyond the largest double',
      idxFile(Array(255).fill(0xffffffff), []),
      `digits: The file is cut short: 0 bytes follow the header, expected Infinity for the shape [${Array(8).fill(0xffffffff).join(', ')}, …]. Get the file again.`,
    ],
  ])('names what is wrong with %s', async (_, bytes, message) => {
    const error = await errorOf(() => parseIdx(bytes, 'digits'));
    expect(error).toMatchObject({ code: 'INVALID_DATA', file: 'digits', message });
  });

  it('reads int32, big-endian, as a copy, where it is asked for', () => {
    const labels = idxFile(
      [2, 2],
      [0, 0, 0, 5, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0],
      12,
    );
    const larger = new Uint8Array(labels.length + 3);
    larger.set(labels, 3); // at an address that no Int32Array could view
    const { shape, data } = parseIdx(larger.subarray(3), 'labels', { types: ['int32'] });
    expect(shape).toEqual([2, 2]);
    expect(data).toEqual(new Int32Array([5, 2 ** 31 - 1, -1, -(2 ** 31)]));
    larger.fill(0);
    expect(data[0]).toBe(5);
  });

  it('reads whichever of several types the file has', () => {
    const types = ['uint8', 'int32'] as const;
    expect(parseIdx(plain, 'file', { types }).data).toBeInstanceOf(Uint8Array);
    expect(parseIdx(idxFile([1], [0, 0, 1, 0], 12), 'file', { types }).data).toEqual(new Int32Array([256]));
    expect(parseIdx(idxFile([0, 8], [], 12), 'file', { types }).data).toEqual(new Int32Array(0));
  });

  it('accepts no type that was not asked for', async () => {
    const int32 = idxFile([1], [0, 0, 0, 1], 12);
    expect((await errorOf(() => parseIdx(int32, 'digits'))).message).toBe(
      'digits: The file holds elements of type int32 (0x0c), expected uint8. Convert it.',
    );
    expect((await errorOf(() => parseIdx(plain, 'digits', { types: ['int32'] }))).message).toContain(
      'type uint8 (0x08), expected int32.',
    );
    const float32 = idxFile([1], [0, 0, 0, 1], 13);
    expect(
      (await errorOf(() => parseIdx(float32, 'digits', { types: ['uint8', 'int32'] }))).message,
    ).toContain('type float32 (0x0d), expected uint8 or int32.');
  });

  it('counts the length of int32 in bytes', async () => {
    for (const length of [1, 3, 4, 7, 9]) {
      const file = idxFile([2], Array(length).fill(0), 12);
      const error = await errorOf(() => parseIdx(file, 'digits', { types: ['int32'] }));
      expect(error.message).toContain(`: ${length} bytes follow the header, expected 8 for the shape [2].`);
    }
  });

  it('allocates nothing on the word of the header', async () => {
    const Platform = Int32Array;
    const allocate = vi.fn();
    vi.stubGlobal('Int32Array', function counting(length: number) {
      allocate(length);
      return new Platform(length);
    });
    for (const claim of [2, 2 ** 20, 2 ** 30]) {
      const file = idxFile([claim], [0, 0, 0, 0], 12);
      const error = await errorOf(() => parseIdx(file, 'digits', { types: ['int32'] }));
      expect(error.message).toContain('digits: The file is cut short');
    }
    expect(allocate).not.toHaveBeenCalled();
  });

  it('takes no dimension of zero for an overflow', () => {
    expect(parseIdx(idxFile([0, ...Array(200).fill(0xffffffff)], []), 'file').data.length).toBe(0);
  });

  it.each([new Int16Array(4), [0, 0, 8, 1], undefined, 'text'])('refuses %s, which is not bytes', (value) => {
    expect(() => parseIdx(value as unknown as Uint8Array, 'digits')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        file: 'digits',
        argument: 'file',
        value,
        allowed: 'one of Uint8Array, Uint8ClampedArray, ArrayBuffer, SharedArrayBuffer',
        fix: 'Pass all bytes of the file.',
      }),
    );
  });

  it('refuses options that it does not have, as readIdx does', async () => {
    expect((await errorOf(() => parseIdx(plain, 'digits', { maxBytes: 1 } as never))).argument).toBe(
      'maxBytes',
    );
    expect(await errorOf(() => readIdx(plain, 'digits', { maxbytes: 1 } as never))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'maxbytes',
      fix: 'Did you mean maxBytes?',
    });
  });
});

it('reads bytes in any form', async () => {
  const file = idxFile([2], [7, 9]);
  const inside = Uint8Array.of(1, ...file, 1).buffer;
  const shared = new SharedArrayBuffer(file.length);
  new Uint8Array(shared).set(file);
  for (const bytes of [
    file.buffer,
    new Uint8ClampedArray(inside, 1, file.length),
    Buffer.from(inside, 1, file.length),
    new Uint8Array(shared),
  ]) {
    expect([...parseIdx(bytes as ArrayBuffer, 'digits').data]).toEqual([7, 9]);
    expect((await readIdx(bytes as ArrayBuffer, 'digits')).shape).toEqual([2]);
  }
  const compressed = gzipSync(file);
  const sharedCompressed = new Uint8Array(new SharedArrayBuffer(compressed.length));
  sharedCompressed.set(compressed);
  expect((await readIdx(sharedCompressed, 'digits')).shape).toEqual([2]);
});

describe('decompress and readIdx', () => {
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
        'digits.gz: The file is compressed with gzip, and cut short or corrupt. Get the file again.',
      );
    }
  });

  it('refuses a gzip file with a wrong byte', async () => {
    for (const position of [2, 12, compressed.length - 8, compressed.length - 1]) {
      const corrupt = compressed.slice();
      corrupt[position] ^= 0xff;
      const error = await errorOf(() => decompress(corrupt, 'digits.gz'));
      expect(error.message, `byte ${position}`).toContain(
        'digits.gz: The file is compressed with gzip, and cut short or corrupt',
      );
      expect(error.cause).toBeDefined();
    }
  });

  it('stops at maxBytes, plain and compressed', async () => {
    expect(await decompress(plain, 'file', plain.length)).toBe(plain);
    expect(await decompress(compressed, 'file', plain.length)).toEqual(plain);
    for (const bytes of [plain, compressed]) {
      const error = await errorOf(() => readIdx(bytes, 'digits', { maxBytes: 17 }));
      expect(error.code).toBe('INVALID_DATA');
      expect(error.message).toBe(
        'digits: The file has more than 17 uncompressed bytes. Raise maxBytes if you trust the file.',
      );
    }
  });

  /** Counts the bytes that the platform unpacks from now on. */
  function countUnpacked(): () => number {
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
    return () => unpacked;
  }

  it('does not unpack a gzip bomb', async () => {
    const unpacked = countUnpacked();
    // 64 MiB of zeros, which gzip shrinks by a factor of a thousand.
    const bomb = new Uint8Array(gzipSync(new Uint8Array(2 ** 26)));
    const error = await errorOf(() => decompress(bomb, 'bomb.gz', 2 ** 20));
    expect(error.message).toContain('bomb.gz: The file has more than 1048576 uncompressed bytes');
    expect(unpacked()).toBeGreaterThan(2 ** 20);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(unpacked()).toBeLessThan(2 ** 22);
  });

  it.each<[string, Uint8Array, RegExp]>([
    [
      'claims less',
      idxFile([2, 3], []),
      /^digits: The file is too long: at least \d+ bytes .* expected 6 for the shape \[2, 3\]/,
    ],
    ['has elements of another type', idxFile([2 ** 26], [], 13), /type float32 \(0x0d\), expected uint8/],
    [
      'is not an IDX file',
      new TextEncoder().encode('<html>'),
      /is not an IDX file: it begins with the bytes 3c 68/,
    ],
  ])('unpacks no more of a file whose header %s', async (_, header, message) => {
    const unpacked = countUnpacked();
    const file = new Uint8Array(2 ** 26);
    file.set(header);
    const error = await errorOf(() => readIdx(new Uint8Array(gzipSync(file)), 'digits'));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toMatch(message);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(unpacked()).toBeLessThan(2 ** 20);
  });

  it('reads the longest header and a small one, followed by more or less', async () => {
    for (const rank of [1, 2, 200, 254, 255]) {
      for (const count of [0, 1, 1013, 1014, 1015, 1016, 1017, 50_000]) {
        const shape = [count, ...Array(rank - 1).fill(1)];
        const data = new Uint8Array(count).fill(7);
        const whole = idxFile(shape, data);
        expect(await readIdx(new Uint8Array(gzipSync(whole)), 'file')).toEqual({ shape, data });
        const longer = new Uint8Array(gzipSync(new Uint8Array([...whole, 0])));
        const error = await errorOf(() => readIdx(longer, 'digits'));
        expect(error.message).toMatch(/^digits: The file is too long: /);
        const shorter = new Uint8Array(gzipSync(whole.subarray(0, whole.length - 1)));
        expect((await errorOf(() => readIdx(shorter, 'digits'))).message).toMatch(
          /^digits: The file is cut short: /,
        );
      }
    }
  });

  it('reads compressed int32', async () => {
    const labels = new Uint8Array(gzipSync(idxFile([1, 2], [0, 0, 1, 2, 255, 255, 255, 254], 12)));
    expect(await readIdx(labels, 'labels', { types: ['uint8', 'int32'] })).toEqual({
      shape: [1, 2],
      data: new Int32Array([258, -2]),
    });
  });

  it('refuses a second file after the first, whether the platform unpacks it or not', async () => {
    const error = await errorOf(() => readIdx(new Uint8Array([...compressed, ...compressed]), 'digits.gz'));
    expect(error.code).toBe('INVALID_DATA');
    expect(error.message).toMatch(
      /^digits\.gz: The file is (too long|compressed with gzip, and cut short or corrupt)/,
    );
  });

  it.each([
    ['zeros after it', [...compressed, ...new Uint8Array(512)]],
    ['text after it', [...compressed, ...new TextEncoder().encode('garbage')]],
    ['another begun after it', [...compressed, ...compressed.subarray(0, 15)]],
    ['an empty one after it', [...compressed, ...gzipSync('')]],
    [
      'its parts compressed by themselves',
      [...gzipSync(plain.subarray(0, 14)), ...gzipSync(plain.subarray(14))],
    ],
  ])('reads a file with %s rightly or not at all', async (_, bytes) => {
    const result = await readIdx(new Uint8Array(bytes), 'digits.gz').catch((error) => error);
    if (HarmonicError.is(result)) expect(result.code).toBe('INVALID_DATA');
    else expect(result).toEqual(parseIdx(plain, 'file'));
  });

  it.each([0, -1, 1.5, Number.NaN, '9'])('refuses maxBytes %s', async (maxBytes) => {
    const error = await errorOf(() => readIdx(plain, 'digits', { maxBytes: maxBytes as number }));
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'maxBytes',
      value: maxBytes,
      allowed: 'an integer at least 1',
    });
  });
});
