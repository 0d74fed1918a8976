import { describe, expect, it } from 'vitest';
import { foldIn, randomBits, randomKey, randomPermutation, randomUniform, threefry2x32 } from './random';

const maximum = 2 ** 32 - 1;

describe('threefry2x32', () => {
  // The vectors "threefry2x32 20" of tests/kat_vectors in Random123, the authors' implementation
  // (https://github.com/DEShawResearch/random123): counter, key, result.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [maximum, maximum],
      [maximum, maximum],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('of counter %j under key %j is Random123’s', ([c0, c1], [k0, k1], expected) => {
    const out = new Uint32Array(4);
    threefry2x32(k0, k1, c0, c1, out, 1);
    expect([...out]).toEqual([0, ...expected, 0]);
  });
});

describe('randomKey', () => {
  it.each([
    [0, [0, 0]],
    [42, [0, 42]],
    [2 ** 31, [0, 2 ** 31]],
    [maximum, [0, maximum]],
    [2 ** 32, [1, 0]],
    [2 ** 53 - 1, [2 ** 21 - 1, maximum]],
  ])('of %d is the seed’s high and low word', (seed, key) => {
    expect(randomKey(seed)).toEqual(key);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Infinity, '1', undefined])('refuses %s', (seed) => {
    expect(() => randomKey(seed as number)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'seed',
        value: seed,
        allowed: 'an integer at least 0',
      }),
    );
  });

  it('of a key is the key', () => {
    expect(randomKey([3, maximum])).toEqual([3, maximum]);
  });

  it.each<[unknown[], string]>([
    [[1], 'weights'],
    [[1, 2, 3], 'weights'],
    [[1, -1], 'weights[1]'],
    [[1, 2 ** 32], 'weights[1]'],
    [['a', 1], 'weights[0]'],
  ])('refuses the key %j, by the name that it is given', (key, argument) => {
    expect(() => randomKey(key as never, 'weights')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, fix: undefined }),
    );
  });
});

describe('foldIn', () => {
  it('gives another key for each number, name, order and parent', () => {
    const root = randomKey(1);
    const keys = [
      root,
      randomKey(2),
      ...Array.from({ length: 1000 }, (_, i) => foldIn(root, i)),
      ...Array.from({ length: 1000 }, (_, i) => foldIn(root, `layer ${i}`)),
      ...['', 'a', 'b', 'ab', 'ba', 'kernel', 'bias', 'é', '重み'].map((name) => foldIn(root, name)),
      foldIn(root, maximum),
      foldIn(randomKey(2), 1),
      foldIn(foldIn(root, 1), 2),
      foldIn(foldIn(root, 2), 1),
    ];
    expect(new Set(keys.map(String)).size).toBe(keys.length);
  });

  it('gives the same key for the same', () => {
    expect(foldIn(randomKey(7), 'shuffle')).toEqual(foldIn(randomKey(7), 'shuffle'));
    expect(foldIn(randomKey(7), 3)).toEqual(foldIn(randomKey(7), 3));
  });

  it('is a block of Threefry', () => {
    expect(foldIn([0, 0], 0)).toEqual([0x6b200159, 0x99ba4efe]);
  });

  // The 32-bit FNV-1a test vectors of draft-eastlake-fnv, appendix C.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('hashes %j by FNV-1a', (name, hash) => {
    expect(foldIn([1, 2], name)).toEqual(foldIn([1, 2], hash));
  });

  it.each([-1, 1.5, 2 ** 32, Number.NaN])('refuses the stream %d', (stream) => {
    expect(() => foldIn([0, 0], stream)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'data', value: stream }),
    );
  });

  it('refuses a seed where a key belongs', () => {
    expect(() => foldIn(42 as never, 'shuffle')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'key',
        value: 42,
        message:
          'key is 42; it must be a random key, which is an array of two unsigned 32-bit words. Use randomKey(42) to make a key from a seed.',
      }),
    );
  });
});

describe('randomBits', () => {
  it('are blocks of counters 0, 1, …, whatever the length', () => {
    const key = foldIn(randomKey(3), 'bits');
    const all = randomBits(key, new Uint32Array(64));
    const block = new Uint32Array(2);
    for (let i = 0; i < 32; i++) {
      threefry2x32(key[0], key[1], 0, i, block, 0);
      expect([...all.subarray(2 * i, 2 * i + 2)]).toEqual([...block]);
    }
    for (let length = 0; length <= 64; length++) {
      const words = new Uint32Array(length);
      expect(randomBits(key, words)).toBe(words);
      expect(words).toEqual(all.slice(0, length));
    }
  });

  it('fill a view, and nothing beside it', () => {
    const words = new Uint32Array(7);
    randomBits([1, 2], words.subarray(2, 5));
    expect([...words].map((word) => word !== 0)).toEqual([false, false, true, true, true, false, false]);
  });

  it('set every bit half of the time', () => {
    const words = randomBits(randomKey(4), new Uint32Array(20_000));
    for (let bit = 0; bit < 32; bit++) {
      const ones = words.reduce((count, word) => count + ((word >>> bit) & 1), 0);
      expect(Math.abs(ones - 10_000), `bit ${bit}`).toBeLessThan(4 * Math.sqrt(5000));
    }
  });
});

describe('randomUniform', () => {
  const numbers = randomUniform(randomKey(5), 100_001);

  it('lies in [0, 1) in multiples of 2^−24', () => {
    expect(numbers).toHaveLength(100_001);
    expect(numbers.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24))).toBe(true);
    // The lowest of the 24 bits is also used.
    expect(numbers.some((u) => !Number.isInteger(u * 2 ** 23))).toBe(true);
  });

  it('has the mean, variance and lag-1 correlation of independent uniform numbers', () => {
    const n = numbers.length;
    const mean = numbers.reduce((sum, u) => sum + u, 0) / n;
    const variance = numbers.reduce((sum, u) => sum + (u - mean) ** 2, 0) / n;
    let lagged = 0;
    for (let i = 1; i < n; i++) lagged += (numbers[i] - mean) * (numbers[i - 1] - mean);
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / n));
    expect(Math.abs(lagged / n / variance)).toBeLessThan(4 / Math.sqrt(n));
  });

  it('starts alike whatever the count', () => {
    expect(randomUniform(randomKey(5), 3)).toEqual(numbers.slice(0, 3));
    expect(randomUniform(randomKey(5), 0)).toHaveLength(0);
  });

  it.each([-1, 1.5, undefined])('refuses a count of %s, as randomPermutation does', (count) => {
    for (const draw of [randomUniform, randomPermutation]) {
      expect(() => draw(randomKey(5), count as number)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'count', value: count }),
      );
    }
  });
});

describe('randomPermutation', () => {
  it('holds every index once, for many sizes and seeds', () => {
    for (let seed = 0; seed < 200; seed++) {
      const [word] = randomBits(foldIn(randomKey(seed), 'size'), new Uint32Array(1));
      const size = seed < 10 ? seed : word % 500;
      const sorted = randomPermutation(randomKey(seed), size).sort();
      expect(sorted, `seed ${seed}, size ${size}`).toEqual(Uint32Array.from({ length: size }, (_, i) => i));
    }
  });

  it('puts every index at every position, and makes every order, equally often', () => {
    const draws = 12_000;
    const places = new Map<string, number>();
    const orders = new Map<string, number>();
    const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
    for (let seed = 0; seed < draws; seed++) {
      const order = randomPermutation(foldIn(randomKey(6), seed), 4);
      add(orders, order.join());
      order.forEach((index, position) => {
        add(places, `${index}@${position}`);
      });
    }
    const chiSquare = (counts: Map<string, number>, expected: number) =>
      [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(places.size).toBe(16);
    expect(orders.size).toBe(24);
    // Exceeded with a probability of 0.001, at 9 and 23 degrees of freedom.
    expect(chiSquare(places, draws / 4)).toBeLessThan(27.9);
    expect(chiSquare(orders, draws / 24)).toBeLessThan(49.7);
  });

  it('is this one, to which a saved run goes on', () => {
    // Computed by a separate program with arbitrary-precision integers.
    expect([...randomPermutation(randomKey(1), 10)]).toEqual([2, 9, 5, 6, 7, 8, 3, 1, 4, 0]);
    const order = randomPermutation(randomKey(1), 60_000);
    expect(order.reduce((hash, index) => (Math.imul(hash, 31) + index) >>> 0, 0)).toBe(3829597152);
  });

  it('is the same for the same key only', () => {
    const order = (seed: number) => [...randomPermutation(randomKey(seed), 50)];
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});
