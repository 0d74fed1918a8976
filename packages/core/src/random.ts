import { HarmonicError } from './errors';
import { requireNumber } from './requirements';

/**
 * The state of a random stream: two unsigned 32-bit words. Every random number is a pure function of a key and a counter, so
 * the same seed gives the same numbers on every platform and backend, in any order of calls, and in a resumed run.
 */
export type RandomKey = readonly [number, number];

/**
 * The key for a seed; a key is returned unchanged.
 *
 * @param seed an integer from 0 to 2^53 − 1, or a key.
 * @param name its name in error messages. Default `'seed'`.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function randomKey(seed: number | RandomKey, name = 'seed'): RandomKey {
  if (Array.isArray(seed)) return requireKey(name, seed);
  requireNumber(name, seed, { integer: true, min: 0 });
  return [Math.floor((seed as number) / 2 ** 32), (seed as number) >>> 0];
}

/**
 * Derives the key of a named or numbered substream: `threefry2x32(key, [0, data])`, where a name is first
 * hashed to 32 bits (FNV-1a over its UTF-16 code units).
 *
 * @param data a name, or an integer from 0 to 2^32 − 1.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for any other number, or if `key` is not a key.
 * @example
 * ```ts
 * const shuffleOfEpoch3 = foldIn(foldIn(randomKey(42), 'shuffle'), 3);
 * ```
 */
export function foldIn(key: RandomKey, data: number | string): RandomKey {
  requireKey('key', key);
  const words = new Uint32Array(2);
  const stream = typeof data === 'string' ? hash(data) : requireWord('data', data);
  threefry2x32(key[0], key[1], 0, stream, words, 0);
  const derived: RandomKey = [words[0], words[1]];
  derivations?.set(derived, { key, data });
  return derived;
}

/** The keys that {@link foldIn} has derived since {@link noteDerivations} was called, and from what. */
let derivations: WeakMap<RandomKey, { key: RandomKey; data: number | string }> | undefined;

/** Notes from now on how keys are derived, or no longer; only {@link derivationOf} sees it. */
export function noteDerivations(isOn: boolean): void {
  derivations = isOn ? new WeakMap() : undefined;
}

/**
 * What was folded into one key to get another, in order; undefined if it was not derived from it, or if derivations were not noted.
 */
export function derivationOf(key: RandomKey, from: RandomKey): (number | string)[] | undefined {
  const path: (number | string)[] = [];
  for (let at = key; at !== from; ) {
    const derivation = derivations?.get(at);
    if (derivation === undefined) return undefined;
    path.unshift(derivation.data);
    at = derivation.key;
  }
  return path;
}

/**
 * Fills `words` with the stream's first random 32-bit words: words 2i and 2i+1 are
 * `threefry2x32(key, [0, i])`.
 */
export function randomBits(key: RandomKey, words: Uint32Array): Uint32Array {
  const [k0, k1] = key;
  const pairs = words.length >>> 1;
  for (let i = 0; i < pairs; i++) threefry2x32(k0, k1, 0, i, words, 2 * i);
  if (words.length & 1) {
    const last = new Uint32Array(2);
    threefry2x32(k0, k1, 0, pairs, last, 0);
    words[words.length - 1] = last[0];
  }
  return words;
}

/**
 * Draws `count` numbers uniformly from [0, 1), as multiples of 2^−24, so they are exact in float32.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a count that is not an integer at least 0.
 */
export function randomUniform(key: RandomKey, count: number): Float32Array {
  requireNumber('count', count, { integer: true, min: 0 });
  const words = randomBits(key, new Uint32Array(count));
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) result[i] = (words[i] >>> 8) * 2 ** -24;
  return result;
}

/**
 * Draws a uniformly random order of 0 … count−1 with the Fisher–Yates shuffle, using 53 random bits per index.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a count that is not an integer at least 0.
 */
export function randomPermutation(key: RandomKey, count: number): Uint32Array {
  requireNumber('count', count, { integer: true, min: 0 });
  const words = randomBits(key, new Uint32Array(2 * count));
  const order = new Uint32Array(count).map((_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const unit = ((words[2 * i] >>> 5) * 2 ** 26 + (words[2 * i + 1] >>> 6)) * 2 ** -53;
    const j = Math.floor(unit * (i + 1));
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}

/**
 * One block of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC11): two 32-bit words from a 64-bit key and a 64-bit counter. It needs only 32-bit additions, rotations, and
 * exclusive-ors, which JavaScript, WebAssembly, and shaders all have.
 *
 * Writes the two words to `out[offset]` and `out[offset + 1]`.
 */
export function threefry2x32(
  k0: number,
  k1: number,
  c0: number,
  c1: number,
  out: Uint32Array,
  offset: number,
): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let a = (c0 + k0) | 0;
  let b = (c1 + k1) | 0;

  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 1) | 0;

  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 2) | 0;

  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k0) | 0;
  b = (b + k1 + 3) | 0;

  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 4) | 0;

  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;

  out[offset] = a + k2;
  out[offset + 1] = b + k0 + 5;
}

/**
 * Checks that a value is a key, and returns it.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, such as a seed.
 */
export function requireKey(argument: string, value: unknown): RandomKey {
  if (!Array.isArray(value) || value.length !== 2) {
    const fix = Array.isArray(value) ? undefined : 'Use randomKey(42) to make a key from a seed.';
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument,
      value,
      allowed: 'a random key, which is an array of two unsigned 32-bit words',
      fix,
    });
  }
  // The names of the words cost more than all else that a fold does.
  if (isWord(value[0]) && isWord(value[1])) return value as unknown as RandomKey;
  for (const [i, word] of value.entries()) requireWord(`${argument}[${i}]`, word);
  return value as unknown as RandomKey;
}

const isWord = (word: unknown): boolean => (word as number) >>> 0 === word;

const requireWord = (argument: string, word: unknown): number =>
  requireNumber(argument, word, { integer: true, min: 0, max: 2 ** 32 - 1 });

/** 32-bit FNV-1a, one code unit at a time. */
function hash(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
