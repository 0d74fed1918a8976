import { foldIn, HarmonicError, type RandomKey, randomKey, threefry2x32 } from '@harmonic-mlp/core';
import { vi } from 'vitest';

/** The number of files of a fuzz test: `FUZZ_FILES`, or as many as a quick run has time for. */
export const fuzzFiles = Number(process.env.FUZZ_FILES ?? 2000);

/** The seed of all files of a fuzz test: `FUZZ_SEED`, which repeats an earlier run, or a random number. */
export const fuzzSeed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** The random choices for one file: a function of only the seed and the file's number. */
export class FuzzRandom {
  readonly #key: RandomKey;
  readonly #words = new Uint32Array(2);
  #count = 0;

  constructor(file: number) {
    this.#key = foldIn(randomKey(fuzzSeed), file);
  }

  /** An integer from 0 to below − 1. */
  integer(below: number): number {
    threefry2x32(this.#key[0], this.#key[1], 0, this.#count++, this.#words, 0);
    return Math.floor(((this.#words[0] >>> 5) * 2 ** 26 + (this.#words[1] >>> 6)) * 2 ** -53 * below);
  }

  chance(probability: number): boolean {
    return this.integer(2 ** 32) < probability * 2 ** 32;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)];
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256));
  }
}

/** Changes a file in one way. */
export type Mutation<File> = (file: File, random: FuzzRandom) => File;

/** The file after one to three random changes, and what they were. */
export function mutate<File>(
  file: File,
  mutations: Readonly<Record<string, Mutation<File>>>,
  random: FuzzRandom,
): { file: File; names: string[] } {
  const names = Array.from({ length: 1 + random.integer(3) }, () => random.pick(Object.keys(mutations)));
  return { file: names.reduce((changed, name) => mutations[name](changed, random), file), names };
}

/** Changes that make sense for the bytes of any file. */
export const byteMutations: Readonly<Record<string, Mutation<Uint8Array>>> = {
  'flip a bit': (bytes, random) =>
    edit(bytes, random.integer(bytes.length), (byte) => byte ^ (1 << random.integer(8))),
  'flip a bit at the start': (bytes, random) =>
    edit(bytes, random.integer(16), (byte) => byte ^ (1 << random.integer(8))),
  'set a byte': (bytes, random) => edit(bytes, random.integer(bytes.length), () => random.integer(256)),
  'set a byte at the start': (bytes, random) => edit(bytes, random.integer(16), () => random.integer(256)),
  'cut short anywhere': (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  'cut short near the start': (bytes, random) => bytes.slice(0, random.integer(24)),
  'cut short near the end': (bytes, random) =>
    bytes.slice(0, Math.max(0, bytes.length - 1 - random.integer(12))),
  'take a byte out': (bytes, random) => {
    const position = random.integer(bytes.length);
    return concatenate(bytes.subarray(0, position), bytes.subarray(position + 1));
  },
  'put bytes in': (bytes, random) => {
    const position = random.integer(bytes.length + 1);
    return concatenate(
      bytes.subarray(0, position),
      random.bytes(1 + random.integer(8)),
      bytes.subarray(position),
    );
  },
  'append bytes': (bytes, random) => concatenate(bytes, random.bytes(1 + random.integer(40))),
  'append zeros': (bytes, random) => concatenate(bytes, new Uint8Array(random.pick([1, 4, 512, 20_000]))),
  'append itself': (bytes) => concatenate(bytes, bytes),
};

export function concatenate(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** A copy with one byte changed, or the original if it has no such byte. */
export function edit(bytes: Uint8Array, position: number, change: (byte: number) => number): Uint8Array {
  const changed = bytes.slice();
  if (position < bytes.length) changed[position] = change(bytes[position]);
  return changed;
}

/**
 * The outcome for a file: a value or a `HarmonicError`. Throwing anything else is a bug, and so is not finishing: `within` is
 * generous, as a guard against hangs rather than a measure of speed.
 */
export async function outcomeOf<T>(
  read: () => T | Promise<T>,
  { within = 10_000 }: { within?: number } = {},
): Promise<{ value: T; error?: undefined } | { value?: undefined; error: HarmonicError }> {
  const begun = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${within} ms`)), within);
  });
  try {
    const value = await Promise.race([read(), late]);
    if (performance.now() - begun > within) throw new Error(`it took more than ${within} ms`);
    return { value };
  } catch (error) {
    if (!HarmonicError.is(error)) throw error;
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Counts the bytes of the arrays that code requests with `new`, `of`, and `from`, until `vi.unstubAllGlobals`. It sees every
 * request immediately and in full, whereas the process's memory shows only what the garbage collector happened to leave. An
 * array of numbers or objects counts as 8 bytes for each element that its length reserves.
 */
export function countAllocations(): () => number {
  let total = 0;
  const count = (bytes: number) => {
    total += bytes;
    // Before the memory is allocated, so that a failing test does not bring the machine down.
    if (bytes > 2 ** 28) throw new Error(`an array of ${bytes} bytes was asked for`);
  };
  const typedArrays = [Uint8Array, Uint16Array, Uint32Array, Int32Array, Float32Array, Float64Array];
  for (const ArrayType of [...typedArrays, ArrayBuffer, Array]) {
    const elementBytes =
      ArrayType === ArrayBuffer ? 1 : ((ArrayType as typeof Uint8Array).BYTES_PER_ELEMENT ?? 8);
    vi.stubGlobal(
      ArrayType.name,
      new Proxy(ArrayType, {
        construct(target, args, newTarget) {
          const [source] = args;
          if (typeof source === 'number') count(source * elementBytes);
          else if (source !== undefined && !isBuffer(source)) count((source.length ?? 0) * elementBytes);
          return Reflect.construct(target, args, newTarget);
        },
      }),
    );
  }
  return () => total;
}

const isBuffer = (source: unknown): boolean =>
  ['ArrayBuffer', 'SharedArrayBuffer'].includes((source as ArrayBuffer)?.[Symbol.toStringTag]);
