import '@tensorflow/tfjs-backend-cpu';
import { HarmonicError } from '@harmonic-mlp/core';
import { memory, ones, setBackend, tensor2d, variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../model';
import { assignStored, decodeModelFile, encodeModelFile, parseMetadata } from './model-file';
import { encodeSafetensors } from './safetensors';

beforeAll(() => setBackend('cpu'));

/** A model file of one linear layer, [2, 3], whose configuration may say something else. */
function fileOf(config: unknown, metadata: Record<string, string> = {}): Uint8Array {
  return encodeSafetensors({
    tensors: {
      'output/kernel': { shape: [2, 3], data: new Float32Array(6) },
      'output/bias': { shape: [3], data: new Float32Array(3) },
    },
    metadata: {
      format: 'harmonic-mlp',
      version: '1',
      config: typeof config === 'string' ? config : JSON.stringify(config),
      ...metadata,
    },
  });
}

function errorOf(bytes: Uint8Array): HarmonicError {
  try {
    decodeModelFile(bytes);
  } catch (error) {
    if (HarmonicError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const linear = { inputSize: 2, classes: 3, hidden: [] };

describe('decodeModelFile', () => {
  it('reads a file whose weights are those that its configuration calls for', () => {
    const { config, tensors } = decodeModelFile(fileOf(linear));
    expect(config).toEqual(resolveConfig(linear));
    expect(Object.keys(tensors)).toEqual(['output/kernel', 'output/bias']);
  });

  it.each([
    [
      { ...linear, inputSize: 20_000_000 },
      'output/kernel',
      'has shape [2,3]; its configuration says [20000000,3]',
    ],
    [
      { ...linear, hidden: [4_000_000] },
      'hidden.0/kernel',
      '"hidden.0/kernel" is missing; its configuration says [2,4000000]',
    ],
    [{ ...linear, hidden: new Array(10_000).fill(50) }, 'hidden.0/kernel', '"hidden.0/kernel" is missing'],
    [{ ...linear, classes: 2 }, 'output/kernel', 'has shape [2,3]; its configuration says [2,2]'],
  ])(
    'refuses a configuration that calls for other weights than the file holds, before a model is made',
    (config, argument, message) => {
      const error = errorOf(fileOf(config));
      expect(error).toMatchObject({ code: 'INVALID_DATA', argument });
      expect(error.message).toContain(message);
    },
  );

  it.each([
    ['a size that is text', { ...linear, inputSize: '2' }, 'config.inputSize', 'inputSize is "2"'],
    [
      'a size beyond all memory',
      { ...linear, inputSize: 2 ** 53 - 1 },
      'config.hidden',
      'parameters; at most 67,108,864',
    ],
    [
      'a list that is none',
      { ...linear, hidden: { length: 1e9 } },
      'config.hidden',
      'hidden is an object; it must be a list',
    ],
    [
      'a value that cannot be shown',
      { ...linear, hidden: { toString: 1, valueOf: 1 } },
      'config.hidden',
      'is damaged: ',
    ],
    [
      'a value nested without end',
      `{"hidden":[${'['.repeat(5e4)}${']'.repeat(5e4)}]}`,
      'config.hidden[0]',
      'is damaged: ',
    ],
    [
      'options in a prototype',
      `{"__proto__":${JSON.stringify(linear)}}`,
      'config.__proto__',
      'has no option "__proto__"',
    ],
    ['no object', 'null', 'metadata.config', '"config" is not a JSON object'],
    ['no JSON', '{', 'metadata.config', '"config" is missing or is not JSON'],
  ])('refuses a configuration with %s', (_, config, argument, message) => {
    const error = errorOf(fileOf(config));
    expect(error).toMatchObject({ code: 'INVALID_DATA', argument });
    expect(error.message).toContain(message);
  });

  it.each<[string, string | undefined, string]>([
    ['format', undefined, 'was not saved by harmonic-mlp'],
    ['format', 'pt', 'was not saved by harmonic-mlp'],
    ['version', undefined, 'has version undefined, but this release reads versions up to 3'],
    ['version', '4', 'has version 4, but this release reads versions up to 3'],
    ['config', undefined, '"config" is missing or is not JSON'],
    ['config', '[]', '"config" is not a JSON object'],
  ])('refuses a file with the %s %j', (name, value, message) => {
    const error = errorOf(fileOf(linear, { [name]: value } as Record<string, string>));
    expect(error).toMatchObject({ code: 'INVALID_DATA', argument: `metadata.${name}`, value });
    expect(error.message).toContain(message);
  });

  it('shows no more of a hostile text than can be read', () => {
    expect(errorOf(fileOf(linear, { version: '2'.repeat(1e6) })).message.length).toBeLessThan(300);
    expect(errorOf(fileOf(linear, { version: '\u001b[2J' })).message).toContain('has version \ufffd[2J, but');
    expect(errorOf(fileOf({ ...linear, activation: 'x'.repeat(1e6) })).message.length).toBeLessThan(500);
  });
});

describe('encodeModelFile', () => {
  it('writes tensors, the configuration and metadata, which do not replace its own', async () => {
    const kernel = tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const metadata = { note: 'kept', config: 'no', version: '7', format: 'mine', architecture: 'mine' };
    const model = { architecture: 'HarmonicMLP', config: linear };
    const file = decodeModelFile(await encodeModelFile(model, { 'output/kernel': kernel }, metadata));
    expect(file.config).toMatchObject(linear);
    expect(file.metadata).toMatchObject({ note: 'kept', version: '3', format: 'harmonic-mlp' });
    expect(file.tensors['output/kernel'].data).toEqual(new Float32Array([1, 2, 3, 4, 5, 6]));
    const { architecture, config } = decodeModelFile(await encodeModelFile({ config: {} }, {}), 'custom');
    expect([architecture, config]).toEqual(['custom', {}]);
    kernel.dispose();
  });

  it.each([
    [{ note: 5 }, 'metadata.note', 5],
    ['note', 'metadata', 'note'],
  ])('refuses the metadata %j', async (metadata, argument, value) => {
    await expect(encodeModelFile({ config: linear }, {}, metadata as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument,
      value,
    });
  });
});

describe('assignStored', () => {
  it('assigns nothing where something does not fit, and keeps nothing', () => {
    const [kernel, bias] = [variable(ones([2, 3])), variable(ones([3]))];
    const before = memory().numTensors;
    const { tensors } = decodeModelFile(fileOf(linear));
    const stored = { kernel: tensors['output/kernel'], bias: tensors['output/bias'] };
    for (const [wrong, message] of [
      [{ kernel: stored.kernel }, '"bias" is missing; its configuration says [3]'],
      [
        { ...stored, bias: { ...stored.bias, shape: [1, 3] } },
        '"bias" has shape [1,3]; its configuration says [3]',
      ],
    ] as const) {
      expect(() => assignStored({ kernel, bias }, wrong as typeof stored)).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA', message: expect.stringContaining(message) }),
      );
    }
    expect([...kernel.dataSync(), ...bias.dataSync()]).toEqual(Array(9).fill(1));
    assignStored({ kernel, bias }, stored);
    expect([...kernel.dataSync(), ...bias.dataSync()]).toEqual(Array(9).fill(0));
    expect(memory().numTensors).toBe(before);
    kernel.dispose();
    bias.dispose();
  });
});

describe('parseMetadata', () => {
  it('gives an entry’s JSON object', () => {
    expect(parseMetadata({ entry: '{"a":1}' }, 'entry')).toEqual({ a: 1 });
  });

  it('says why an entry is not JSON, and a configuration damaged', () => {
    const fields = { argument: 'metadata.entry', allowed: 'a JSON object' };
    expect(() => parseMetadata({}, 'entry')).toThrow(
      expect.objectContaining({ ...fields, cause: expect.any(SyntaxError) }),
    );
    expect(() => parseMetadata({ entry: '5' }, 'entry')).toThrow(expect.objectContaining(fields));
    expect(errorOf(fileOf({ ...linear, classes: 1 }))).toMatchObject({
      argument: 'config.classes',
      message: expect.stringMatching(/^The model file's configuration is damaged: classes is 1/),
      cause: { argument: 'classes' },
    });
  });

  it.each(['{"a":', '[]', '"text"', 'null', '5'])('refuses %s', (text) => {
    expect(() => parseMetadata({ entry: text }, 'entry')).toThrow(
      expect.objectContaining({ code: 'INVALID_DATA' }),
    );
  });
});
