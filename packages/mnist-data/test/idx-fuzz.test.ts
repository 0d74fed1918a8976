import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, expect, it, vi } from 'vitest';
import {
  byteMutations,
  concatenate,
  countAllocations,
  edit,
  FuzzRandom,
  fuzzFiles,
  fuzzSeed,
  type Mutation,
  mutate,
  outcomeOf,
} from '../../../test/support/fuzz';
import { datasetFromFiles, datasetFromIdx, decompress, type Idx, parseIdx, readIdx } from '../src';
import { mnist } from '../src/datasets';

const maxBytes = 2 ** 18;
const types = ['uint8', 'int32'] as const;
/** The maximum that a platform is assumed to unpack at once. */
const chunkBytes = 2 ** 16;

const idxFile = (type: number, shape: number[], data: Uint8Array) =>
  concatenate(new Uint8Array([0, 0, type, shape.length]), ...shape.map(bigEndian), data);
const bigEndian = (value: number) => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};
const counting = (length: number, most: number) => Uint8Array.from({ length }, (_, i) => i % most);

const uint8Shapes = [[0], [1], [9], [2, 3], [4, 5, 6], [1, 1, 1, 1, 2], [0, 28, 28], [3, 28, 28], [40_000]];
const int32Shapes = [[0, 8], [1], [5], [3, 8], [300, 8]];
const size = (shape: number[]) => shape.reduce((product, dimension) => product * dimension, 1);
const corpus = [
  ...uint8Shapes.map((shape) => idxFile(8, shape, counting(size(shape), 251))),
  ...int32Shapes.map((shape) => idxFile(12, shape, counting(4 * size(shape), 249))),
  idxFile(8, new Array(255).fill(1), new Uint8Array(1)),
];

const dimensions = [0, 1, 2, 255, 256, 65_535, 2 ** 16, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const setDimension = (bytes: Uint8Array, axis: number, dimension: number) => {
  const changed = bytes.slice();
  if (4 * axis + 8 <= bytes.length) changed.set(bigEndian(dimension), 4 * axis + 4);
  return changed;
};
const idxMutations: Record<string, Mutation<Uint8Array>> = {
  ...byteMutations,
  'another type': (bytes, random) => edit(bytes, 2, () => random.pick([8, 9, 11, 12, 13, 14])),
  'any type': (bytes, random) => edit(bytes, 2, () => random.integer(256)),
  'any rank': (bytes, random) => edit(bytes, 3, () => random.integer(256)),
  'a rank next to it': (bytes, random) => edit(bytes, 3, (rank) => rank + random.pick([-1, 1])),
  'another dimension': (bytes, random) =>
    setDimension(bytes, random.integer(bytes[3] || 1), random.pick(dimensions)),
  'any dimension': (bytes, random) =>
    setDimension(bytes, random.integer(bytes[3] || 1), random.integer(2 ** 32)),
  'huge dimensions': (_, random) => {
    const shape = Array.from({ length: 1 + random.integer(255) }, () => random.pick(dimensions));
    return idxFile(random.pick([8, 12]), shape, random.bytes(random.integer(40)));
  },
  'little-endian dimensions': (bytes) => {
    const changed = bytes.slice();
    for (let axis = 0; axis < bytes[3] && 4 * axis + 8 <= bytes.length; axis++) {
      changed.subarray(4 * axis + 4, 4 * axis + 8).reverse();
    }
    return changed;
  },
  nothing: () => new Uint8Array(0),
  'a web page': () => new TextEncoder().encode('<!DOCTYPE html><title>404 Not Found</title>'),
  noise: (_, random) => random.bytes(random.integer(200)),
};

const level = (random: FuzzRandom) => random.pick([0, 1, 9]);
const pack = (bytes: Uint8Array, level: number) => new Uint8Array(gzipSync(bytes, { level }));
const gzipMutations: Record<string, Mutation<Uint8Array>> = {
  ...byteMutations,
  'another flag': (bytes, random) => edit(bytes, 3, (flags) => flags ^ (1 << random.integer(8))),
  'another checksum': (bytes, random) =>
    edit(bytes, bytes.length - 5 - random.integer(4), () => random.integer(256)),
  'another length': (bytes, random) =>
    edit(bytes, bytes.length - 1 - random.integer(4), () => random.integer(256)),
  'two of it': (bytes) => concatenate(bytes, bytes),
  'an empty one before it': (bytes) => concatenate(pack(new Uint8Array(0), 9), bytes),
  'compressed twice': (bytes, random) => pack(bytes, level(random)),
  'not flushed': (bytes) => new Uint8Array(gzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })),
};

const zeros = new Uint8Array(2 ** 23);
const bombs = [
  idxFile(8, [4], zeros),
  idxFile(8, [zeros.length], zeros),
  idxFile(12, [zeros.length / 4], zeros),
  idxFile(8, [2 ** 20, 2 ** 20], zeros),
  idxFile(13, [zeros.length / 4], zeros),
  idxFile(8, [], zeros),
  zeros,
  pack(zeros, 9),
].map((bytes) => pack(bytes, 9));

/** A file of the corpus with random changes, and a description of how it was made. */
function fuzzedFile(file: number): { bytes: Uint8Array; story: string; isIntact: boolean } {
  const random = new FuzzRandom(file);
  if (random.chance(0.005)) {
    const bomb = random.integer(bombs.length);
    const cut = random.chance(0.3) ? random.integer(bombs[bomb].length) : undefined;
    const story = `bomb ${bomb}, ${cut ?? 'all'} of its bytes`;
    return { bytes: bombs[bomb].slice(0, cut), story, isIntact: false };
  }
  const original = random.integer(corpus.length);
  const story: string[] = [];
  let bytes = corpus[original];
  const isCompressed = random.chance(0.4);
  if (random.chance(isCompressed ? 0.5 : 0.98)) {
    const { file, names } = mutate(bytes, idxMutations, random);
    bytes = file;
    story.push(...names);
  }
  if (isCompressed) {
    bytes = pack(bytes, level(random));
    if (random.chance(0.6)) {
      const { file, names } = mutate(bytes, gzipMutations, random);
      bytes = file;
      story.push('compressed', ...names);
    }
  }
  return {
    bytes,
    story: [`file ${original} of the corpus`, ...story].join(', '),
    isIntact: story.length === 0,
  };
}

/** The array of a valid file, read in a different way. */
function expectedIdx(bytes: Uint8Array): Pick<Idx<'uint8' | 'int32'>, 'shape' | 'data'> {
  const content = Buffer.from(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  const shape = Array.from({ length: content[3] }, (_, axis) => content.readUInt32BE(4 + 4 * axis));
  const data = content.subarray(4 + 4 * shape.length);
  if (content[2] === 8) return { shape, data: new Uint8Array(data) };
  return { shape, data: Int32Array.from({ length: data.length / 4 }, (_, i) => data.readInt32BE(4 * i)) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it(`reads or refuses ${fuzzFiles} damaged IDX files, with seed ${fuzzSeed}`, async () => {
  console.log(`IDX files: FUZZ_SEED=${fuzzSeed} makes them again`);
  const valid = {
    trainImages: idxFile(8, [3, 2, 2], counting(12, 251)),
    trainLabels: idxFile(8, [3], counting(3, 10)),
    testImages: idxFile(8, [2, 2, 2], counting(8, 251)),
    testLabels: idxFile(8, [2], counting(2, 10)),
  };
  const roles = Object.keys(valid) as (keyof typeof valid)[];

  let unpacked = 0;
  const read = ReadableStreamDefaultReader.prototype.read;
  vi.spyOn(ReadableStreamDefaultReader.prototype, 'read').mockImplementation(async function (
    this: ReadableStreamDefaultReader,
  ) {
    const result = await read.call(this);
    unpacked += result.value?.length ?? 0;
    return result;
  });
  const allocated = countAllocations();

  const seen = { read: 0, refused: 0, messages: new Set<string>() };
  for (let file = 0; file < fuzzFiles; file++) {
    const { bytes, story, isIntact } = fuzzedFile(file);
    const context = `FUZZ_SEED=${fuzzSeed}, file ${file} (${story}), ${bytes.length} bytes`;
    const before = { allocated: allocated(), unpacked };
    try {
      const { value, error } = await outcomeOf(() => readIdx(bytes, 'file', { types, maxBytes }));
      const used = { allocated: allocated() - before.allocated, unpacked: unpacked - before.unpacked };
      // The unpacked data, joined once, and once as int32; a header of 1 kB, and its 255 dimensions.
      expect(used.allocated).toBeLessThanOrEqual(2 * (bytes.length + used.unpacked) + 2 ** 13);
      expect(used.unpacked).toBeLessThanOrEqual(maxBytes + chunkBytes);
      if (error !== undefined) {
        expect(isIntact).toBe(false);
        expect(error.code).toBe('INVALID_DATA');
        expect(error.message).toMatch(/^file: The file .{10,300}\.$/);
        seen.refused += 1;
        seen.messages.add(error.message.replace(/\d+/g, '#'));
      } else {
        const expected = expectedIdx(bytes);
        expect(value.shape).toEqual(expected.shape);
        expect(value.data.constructor).toBe(expected.data.constructor);
        expect(Buffer.compare(bytesOf(value.data), bytesOf(expected.data))).toBe(0);
        seen.read += 1;
      }

      // The same file through the other functions, in turn.
      const others: (() => unknown)[] = [
        () => parseIdx(bytes, 'file', { types }),
        () => decompress(bytes, 'file', maxBytes),
        () => datasetFromFiles(mnist, { ...valid, [roles[(file >> 2) % 4]]: bytes }, { verify: false }),
        () => datasetFromIdx(file & 4 ? bytes : valid.trainImages, file & 4 ? valid.trainLabels : bytes),
      ];
      const outcome = await outcomeOf(others[file % others.length]);
      if (outcome.error !== undefined) expect(outcome.error.code).toBe('INVALID_DATA');
    } catch (cause) {
      throw new Error(`${context}: ${(cause as Error).message}`, { cause });
    }
  }
  // Both outcomes happen often, and for many reasons, which shows that the changes are neither too weak nor too strong.
  expect(seen.read).toBeGreaterThan(fuzzFiles / 20);
  expect(seen.refused).toBeGreaterThan(fuzzFiles / 2);
  expect(unpacked).toBeGreaterThan(2 ** 20);
  expect(seen.messages.size).toBeGreaterThan(20);
  console.log(`${seen.read} read, ${seen.refused} refused`);
}, 300_000);
