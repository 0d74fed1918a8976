import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { memory, type Rank, setBackend, zeros } from '@tensorflow/tfjs-core';
import { afterEach, expect, it, vi } from 'vitest';
import {
  byteMutations,
  concatenate,
  countAllocations,
  FuzzRandom,
  fuzzFiles,
  fuzzSeed,
  type Mutation,
  mutate,
  outcomeOf,
} from '../../../test/support/fuzz';
import { unchecked } from '../../../test/support/unchecked';
import { HarmonicMLP, type HarmonicMLPConfig, inspectModelFile } from '../src';
import { noisyPatterns } from './small-data';

/** A safetensors file in its parts. */
interface Parts {
  header: string;
  /** What the file says that the header's length is. Default: its length. */
  claim?: bigint;
  data: Uint8Array;
}

function split(bytes: Uint8Array): Parts {
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return { header: new TextDecoder().decode(bytes.subarray(8, end)).trimEnd(), data: bytes.slice(end) };
}

function join({ header, claim, data }: Parts): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, claim ?? BigInt(text.length), true);
  return concatenate(length, text, data);
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
/** JSON of values that do not belong where they are put. */
const absurd = [
  ...['null', 'true', '""', '"NaN"', '"Infinity"', '"5"', '"\\u001b[2J"', '[]', '{}', '[null]', '[[5]]'],
  ...['-1', '0', '-0', '1', '2', '3', '5', '0.5', '1e-320', '255', '256', '65536', '300000', '67108863'],
  ...['2147483648', '4294967296', '9007199254740991', '9007199254740993', '1e39', '1e308', '1e999', '-1e999'],
  ...['[60000]', '[5]', '[5,4,3]', '[1e9,1e9]', '[0,9007199254740991]', '[5,4,60000]', '[-5,-4]', '[0,4]'],
  ...['{"toString":1,"valueOf":1}', '{"length":2}', '{"length":1e9}', '{"__proto__":{"hidden":[3]}}'],
  ...[
    `[${'1,'.repeat(400)}1]`,
    `"${'x'.repeat(5000)}"`,
    nested(20),
    nested(10_000),
    `{"a":${nested(10_000)}}`,
  ],
];
const keys = ['__proto__', 'constructor', 'toString', 'length', '', 'x'.repeat(3000), '\u001b[2J', '\ud800'];

type Tree = Record<string, unknown>;

/** What `change` makes of a text; the text itself where an earlier change has left nothing for it to change. */
function whereItCan(text: string, change: () => string): string {
  try {
    return change();
  } catch {
    return text;
  }
}

/** A JSON text with something in it replaced, taken out or put in. */
const changeJson = (text: string, random: FuzzRandom): string =>
  whereItCan(text, () => {
    const root: Tree = JSON.parse(text);
    let node = root;
    for (;;) {
      const key = random.pick([...Object.keys(node), random.chance(0.1) ? random.pick(keys) : 'new']);
      const child = Object.hasOwn(node, key) ? node[key] : undefined;
      if (typeof child === 'object' && child !== null && random.chance(0.8)) {
        node = child as Tree;
        continue;
      }
      if (random.chance(0.15)) delete node[key];
      else Object.defineProperty(node, key, { value: mark, enumerable: true, configurable: true });
      return JSON.stringify(root).replaceAll(`"${mark}"`, () => random.pick(absurd));
    }
  });
const mark = '@absurd@';

/** Changes the header as an object. */
const inHeader =
  (change: (header: Record<string, Tree>, parts: Parts, random: FuzzRandom) => void): Mutation<Parts> =>
  (parts, random) => {
    const changed = { ...parts };
    changed.header = whereItCan(parts.header, () => {
      const header = JSON.parse(parts.header);
      change(header, changed, random);
      return JSON.stringify(header);
    });
    return changed;
  };

const inMetadata = (name: string): Mutation<Parts> =>
  inHeader((header, _, random) => {
    header.__metadata__[name] = changeJson(String(header.__metadata__[name] ?? '{}'), random);
  });

const tensorsOf = (header: Record<string, Tree>) =>
  Object.keys(header).filter((name) => name !== '__metadata__');

const offset = (random: FuzzRandom, length: number) =>
  random.pick([
    0,
    1,
    3,
    4,
    8,
    length - 4,
    length,
    length + 4,
    -4,
    2.5,
    2 ** 31,
    2 ** 53 - 1,
    2 ** 53,
    '4',
    null,
  ]);

const weights = [Number.NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -1, 0];

const mutations: Record<string, Mutation<Parts>> = {
  'another header length': (parts, random) => {
    const { length } = parts.header;
    const claims = [
      0,
      1,
      7,
      length - 1,
      length + 1,
      length + parts.data.length,
      1e8,
      2 ** 31,
      2 ** 32,
      2 ** 53,
    ];
    const claim = random.chance(0.2) ? 2n ** 64n - 1n : BigInt(random.pick(claims));
    return { ...parts, claim };
  },
  'anything in the header': (parts, random) => ({ ...parts, header: changeJson(parts.header, random) }),
  'the configuration': inMetadata('config'),
  'the training record': inMetadata('training'),
  'a metadata entry': inHeader((header, _, random) => {
    const name = random.pick([...Object.keys(header.__metadata__), ...keys]);
    const value = random.pick(['', '1', '2', 'null', '{}', '[]', '{', 5, null, {}, nested(20_000)]);
    if (random.chance(0.2)) delete header.__metadata__[name];
    else Object.defineProperty(header.__metadata__, name, { value, enumerable: true });
  }),
  'a tensor left out': inHeader((header, _, random) => {
    delete header[random.pick(tensorsOf(header))];
  }),
  'a tensor left out with its data': inHeader((header, parts, random) => {
    const name = random.pick(tensorsOf(header));
    const [start, end] = header[name].data_offsets as number[];
    delete header[name];
    for (const other of tensorsOf(header)) {
      const offsets = header[other].data_offsets as number[];
      header[other].data_offsets = offsets.map((value) => (value >= end ? value - (end - start) : value));
    }
    parts.data = concatenate(parts.data.subarray(0, start), parts.data.subarray(end));
  }),
  'a tensor more': inHeader((header, parts, random) => {
    const length = random.integer(5);
    const start = parts.data.length;
    const name = random.pick([
      ...keys,
      'hidden.7/kernel',
      'optimizer/x',
      'optimizer/hidden.0/kernel/first_moment',
    ]);
    const shape = random.chance(0.3) ? [...new Array(random.integer(40)).fill(1), length] : [length];
    const value = { dtype: 'F32', shape, data_offsets: [start, start + 4 * length] };
    Object.defineProperty(header, name, { value, enumerable: true, configurable: true });
    parts.data = concatenate(parts.data, random.bytes(4 * length));
  }),
  'a tensor of another shape': inHeader((header, _, random) => {
    const entry = header[random.pick(tensorsOf(header))];
    const shape = entry.shape as number[];
    const changes: (() => unknown)[] = [
      () => [...shape].reverse(),
      () => [...shape, 1],
      () => [1, ...shape],
      () => [shape.reduce((product, dimension) => product * dimension, 1)],
      () =>
        shape.map((dimension) =>
          random.chance(0.5) ? random.pick([-1, 0, 0.5, 2 ** 31, 2 ** 53, '2', null]) : dimension,
        ),
      () => new Array(random.pick([8, 300, 5000])).fill(random.pick([0, 1, 2, 2 ** 31, 2 ** 53 - 1])),
    ];
    entry.shape = random.pick(changes)();
  }),
  'a tensor of another type': inHeader((header, _, random) => {
    const types: unknown[] = [
      'F16',
      'BF16',
      'F64',
      'I64',
      'f32',
      '',
      null,
      5,
      [],
      {},
      { toString: 1 },
      '\u001b[2J',
    ];
    header[random.pick(tensorsOf(header))].dtype = random.pick(types);
  }),
  'a tensor elsewhere': inHeader((header, { data }, random) => {
    const pair = [offset(random, data.length), offset(random, data.length)];
    header[random.pick(tensorsOf(header))].data_offsets = random.pick<unknown>([
      pair,
      [...pair, 0],
      [pair[0]],
      pair[1],
    ]);
  }),
  'two tensors exchanged': inHeader((header, _, random) => {
    const [a, b] = [random.pick(tensorsOf(header)), random.pick(tensorsOf(header))];
    [header[a], header[b]] = [header[b], header[a]];
  }),
  'a tensor renamed': inHeader((header, _, random) => {
    const name = random.pick(tensorsOf(header));
    const { [name]: value } = header;
    delete header[name];
    Object.defineProperty(header, random.pick(keys), { value, enumerable: true, configurable: true });
  }),
  'a key twice': (parts, random) => ({
    ...parts,
    header: parts.header.replace('{', () => `{"output/bias":${random.pick(absurd)},`),
  }),
  'a prototype': (parts, random) => {
    const objects = [...parts.header.matchAll(/\{/g)].map(({ index }) => index);
    const at = (objects.length === 0 ? -1 : random.pick(objects)) + 1;
    const { header } = parts;
    return {
      ...parts,
      header: `${header.slice(0, at)}"__proto__":${random.pick(absurd)},${header.slice(at)}`,
    };
  },
  'depth without end': (parts, random) => ({
    ...parts,
    header: random.pick([
      nested(20_000),
      '['.repeat(20_000),
      '{"a":'.repeat(20_000),
      `{"a":${nested(20_000)}}`,
    ]),
  }),
  'another header': (parts, random) => ({
    ...parts,
    header: random.pick([...absurd, '', ' ', '{"a":}', '\ufeff{}']),
  }),
  'space around the header': (parts, random) => ({
    ...parts,
    header:
      random.pick([' ', '\n\t', '\ufeff', '\0', '\u00a0']) + parts.header + random.pick(['', ' ', '\0']),
  }),
  'another weight': (parts, random) => {
    const data = parts.data.slice();
    const position = 4 * random.integer(data.length / 4);
    if (position + 4 <= data.length) {
      new DataView(data.buffer).setFloat32(position, random.pick(weights), true);
    }
    return { ...parts, data };
  },
  'other weights': (parts, random) => {
    const data = parts.data.slice();
    const bit = random.integer(32);
    for (let i = bit >> 3; i < data.length; i += 4) data[i] ^= 1 << (bit & 7);
    return { ...parts, data };
  },
  'less data': (parts, random) => ({
    ...parts,
    data: parts.data.slice(0, random.integer(parts.data.length + 1)),
  }),
  'more data': (parts, random) => ({
    ...parts,
    data: concatenate(parts.data, random.bytes(1 + random.integer(12))),
  }),
};

const train = noisyPatterns({ size: 12, inputSize: 6, classes: 3 });
const fitOptions = { batchSize: 4, seed: 3 };

/** Models alone, and checkpoints of the first step and of later epochs. */
async function makeCorpus(): Promise<Uint8Array[]> {
  const small = { inputSize: 6, classes: 3, seed: 1 };
  const corpus: Uint8Array[] = [];
  for (const options of [{ hidden: [5, 4] }, { hidden: [4], activation: 'relu' as const }, { hidden: [] }]) {
    const model = new HarmonicMLP({ ...small, ...options });
    corpus.push(await model.toBytes({ note: 'kept' }));
    const stop = new AbortController();
    await model.fit(train, {
      ...fitOptions,
      signal: stop.signal,
      onStep: () => stop.abort(),
      onAbort: async ({ checkpoint }) => {
        corpus.push(await checkpoint());
      },
    });
    await model.fit(train, {
      ...fitOptions,
      epochs: 2,
      onEpoch: async ({ checkpoint }) => {
        corpus.push(await checkpoint({ note: 'kept' }));
      },
    });
    model.dispose();
  }
  // A checksum would hide everything behind it, so that most files have none.
  return [...corpus.map(unchecked), corpus[0]];
}

/** A file of the corpus with random changes, and how it was made. */
function fuzzedFile(
  corpus: Uint8Array[],
  file: number,
): { bytes: Uint8Array; original: number; story: string; isIntact: boolean } {
  const random = new FuzzRandom(file);
  const original = random.integer(corpus.length);
  const story: string[] = [];
  let bytes = corpus[original];
  if (random.chance(0.85)) {
    const { file, names } = mutate(split(bytes), mutations, random);
    bytes = join(file);
    story.push(...names);
  }
  if (random.chance(0.15)) {
    const { file, names } = mutate(bytes, byteMutations, random);
    bytes = file;
    story.push(...names);
  }
  return {
    bytes,
    original,
    story: [`file ${original} of the corpus`, ...story].join(', '),
    isIntact: story.length === 0,
  };
}

/** A model that was loaded works, its weights are those of the file, and every byte of the file belongs to one tensor. */
function requireCoherent(model: HarmonicMLP, bytes: Uint8Array): void {
  const { header, data } = split(bytes);
  const { __metadata__: _, ...entries } = JSON.parse(header) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  for (const [path, variable] of Object.entries(model.variables)) {
    const stored = data.subarray(...entries[path].data_offsets);
    const { buffer, byteOffset, byteLength } = variable.dataSync();
    expect(Buffer.compare(Buffer.from(buffer, byteOffset, byteLength), stored), path).toBe(0);
  }
  const ranges = Object.values(entries).map((entry) => entry.data_offsets);
  ranges.sort(([a, b], [c, d]) => a - c || b - d);
  expect(ranges.map(([start]) => start)).toEqual([0, ...ranges.map(([, end]) => end)].slice(0, -1));
  expect(ranges.at(-1)?.[1]).toBe(data.length);

  const { inputSize, outputSize } = model;
  const inputs = zeros<Rank.R2>([2, inputSize]);
  const probabilities = model.predict(inputs);
  expect(probabilities.shape).toEqual([2, outputSize]);
  expect(probabilities.dataSync()).toHaveLength(2 * outputSize);
  probabilities.dispose();
  inputs.dispose();
}

/** Resumes a checkpoint in a model of its own, for a step or for none; what is refused leaves the model as it was. */
async function resume(config: HarmonicMLPConfig, bytes: Uint8Array, steps: number): Promise<void> {
  const model = new HarmonicMLP(config);
  const stop = new AbortController();
  if (steps === 0) stop.abort();
  const before = await model.toBytes();
  try {
    const options = { ...fitOptions, epochs: 3, signal: stop.signal, resume: bytes };
    await model.fit(train, { ...options, onStep: () => stop.abort() });
  } catch (error) {
    if (HarmonicError.is(error) && error.code === 'INVALID_DATA') {
      expect(Buffer.compare(await model.toBytes(), before), 'the weights after a refused resume').toBe(0);
    }
    throw error;
  } finally {
    model.dispose();
  }
}

afterEach(() => vi.unstubAllGlobals());

it(`loads or refuses ${fuzzFiles} damaged model files, with seed ${fuzzSeed}`, async () => {
  console.log(`model files: FUZZ_SEED=${fuzzSeed} makes them again`);
  await setBackend('cpu');
  const corpus = await makeCorpus();
  const configs = corpus.map((bytes) => inspectModelFile(bytes).config);
  const allocated = countAllocations();
  const tensors = memory().numTensors;

  const seen = { loaded: 0, refused: 0, resumed: 0, messages: new Set<string>() };
  for (let file = 0; file < fuzzFiles; file++) {
    const { bytes, original, story, isIntact } = fuzzedFile(corpus, file);
    const context = `FUZZ_SEED=${fuzzSeed}, file ${file} (${story}), ${bytes.length} bytes`;
    try {
      const before = allocated();
      const { value: model, error } = await outcomeOf(() => HarmonicMLP.fromBytes(bytes));
      // The stored weights once as read and once in the model, and what its initialisation takes for a moment.
      expect(allocated() - before).toBeLessThanOrEqual(4 * bytes.length + 2 ** 12);
      if (model === undefined) {
        expect(isIntact).toBe(false);
        expect(error.code).toBe('INVALID_DATA');
        expect(error.message.length).toBeLessThan(1000);
        seen.refused += 1;
        seen.messages.add(error.message.replace(/\d+/g, '#').slice(0, 80));
      } else {
        requireCoherent(model, bytes);
        model.dispose();
        seen.loaded += 1;
      }
      expect(memory().numTensors).toBe(tensors);

      const { value: info, error: problem } = await outcomeOf(() => inspectModelFile(bytes));
      if (problem !== undefined) expect(problem.code).toBe('INVALID_DATA');
      if (!info?.isCheckpoint) continue;
      expect(Array.isArray(info.history)).toBe(true);
      const outcome = await outcomeOf(() => resume(configs[original], bytes, file % 8 === 0 ? 1 : 0));
      if (outcome.error === undefined) seen.resumed += 1;
      else expect(['INVALID_DATA', 'DIVERGED']).toContain(outcome.error.code);
      expect(memory().numTensors).toBe(tensors);
    } catch (cause) {
      throw new Error(`${context}: ${(cause as Error).message}`, { cause });
    }
  }
  // That all of it happens often, and for many reasons, shows that the changes are neither too weak nor too strong.
  expect(seen.loaded).toBeGreaterThan(fuzzFiles / 20);
  expect(seen.refused).toBeGreaterThan(fuzzFiles / 2);
  expect(seen.resumed).toBeGreaterThan(fuzzFiles / 100);
  expect(seen.messages.size).toBeGreaterThan(40);
  console.log(`${seen.loaded} loaded, ${seen.refused} refused, ${seen.resumed} resumed`);
}, 300_000);
