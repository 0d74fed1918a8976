import { describe, expect, it } from 'vitest';
import { inspectModelFile, readCheckpoint } from '.';
import { encodeSafetensors } from './safetensors';

/** What a file says of a run that has done no step yet. */
const training = {
  seed: 0,
  batchSize: 8,
  dropLast: false,
  stepsPerEpoch: 3,
  epoch: 1,
  step: 0,
  lossSum: 0,
  metricSums: {},
  examples: 0,
  history: [],
  schedule: null,
  optimizer: {},
  callbacks: {},
};

const fileOf = (metadata: object) =>
  encodeSafetensors({
    tensors: { 'output/kernel': { shape: [2, 3], data: new Float32Array(6) } },
    metadata: {
      format: 'harmonic-mlp',
      version: '2',
      config: '{"inputSize":2,"classes":3,"hidden":[]}',
      ...metadata,
    },
  });

describe('readCheckpoint', () => {
  it('gives back what is decoded already', () => {
    const checkpoint = readCheckpoint(fileOf({ training: JSON.stringify(training) }));
    expect(readCheckpoint(checkpoint)).toBe(checkpoint);
    // Another copy of this package may have decoded it.
    const copy = { ...checkpoint };
    expect(readCheckpoint(copy)).toBe(copy);
  });

  it.each([
    { tensors: {} },
    { config: {} },
    { tensors: 1, config: {} },
    { tensors: {}, config: 1 },
    {},
    null,
    5,
  ])('does not take %j for a file', (file) => {
    for (const read of [readCheckpoint, inspectModelFile])
      expect(() => read(file as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('tells a model alone from a checkpoint', () => {
    expect(readCheckpoint(fileOf({}))).toMatchObject({
      isCheckpoint: false,
      history: [],
      progress: undefined,
    });
    expect(readCheckpoint(fileOf({ training: JSON.stringify(training) }))).toMatchObject({
      isCheckpoint: true,
      position: { epoch: 1, step: 0, stepsPerEpoch: 3 },
      progress: training,
    });
  });
});

describe('The architecture of a file', () => {
  const own = { architecture: 'Mine', config: '{"any":1}' };

  it('has to be the one that is asked for', () => {
    const file = fileOf(own);
    const checkpoint = readCheckpoint(file, 'Mine');
    expect(checkpoint).toMatchObject({ architecture: 'Mine', config: { any: 1 } });
    for (const [given, asked, allowed] of [
      [file, undefined, '"HarmonicMLP"'],
      [checkpoint, undefined, '"HarmonicMLP"'],
      [checkpoint, 'Yours', '"Yours"'],
    ] as const) {
      expect(() => readCheckpoint(given as never, asked as never)).toThrow(
        expect.objectContaining({
          code: 'INVALID_DATA',
          argument: 'architecture',
          value: 'Mine',
          allowed,
        }),
      );
    }
    expect(readCheckpoint(checkpoint, 'Mine')).toBe(checkpoint);
  });

  it('is that of this package where it names none, as in older files', () => {
    const { architecture, config } = readCheckpoint(fileOf({}));
    expect([architecture, config.classes]).toEqual(['HarmonicMLP', 3]);
    expect(() => readCheckpoint(fileOf({}), 'Mine')).toThrow(/architecture "HarmonicMLP", not "Mine"/);
  });
});

describe('inspectModelFile', () => {
  it('tells what the file does, and no tensors', () => {
    const told = (more: object) =>
      Object.keys(inspectModelFile(fileOf({ training: JSON.stringify({ ...training, ...more }) }))).sort();
    const always = ['architecture', 'config', 'history', 'isCheckpoint', 'metadata', 'position'];
    expect(told({})).toEqual(always);
    expect(told({ initialLearningRate: 0 })).toEqual([...always, 'initialLearningRate'].sort());
    expect(told({ optimizerSettings: { className: 'SGD' } })).toEqual([...always, 'optimizer'].sort());
  });
});
