import '@tensorflow/tfjs-backend-cpu';
import { type DenseLayer, type LayerOptions, makeLayer } from '@harmonic-mlp/harmonic-layer';
import { memory, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { concernOf, wavesOf } from './waves';

beforeAll(() => setBackend('cpu'));

describe('wavesOf', () => {
  it.each<[string, Partial<LayerOptions>, number[]]>([
    ['fixed', { activation: 'harmonic', periods: [1, 2, 0.5] }, [4, 0.5, 4]],
    ['trained', { activation: 'harmonic', periods: 'learnable:2' }, [2, 0.5, 1]],
    ['of some columns', { activation: 'harmonic-relu', periods: [2, 4] }, [2, 0.25, Infinity]],
  ])('are the span of the arguments in periods that are %s', async (_, options, expected) => {
    const layer = makeLayer({ inputSize: 1, units: 3, seed: 1, ...options } as LayerOptions);
    const z = tensor2d([
      [-1, 7, 3],
      [3, 8, 5],
      [0, 7.5, 4],
    ]);
    const before = memory().numTensors;
    const waves = wavesOf(layer as DenseLayer & { periods: Float32Array }, z);
    expect(memory().numTensors).toBe(before + 1);
    const values = [...(await waves.data())];
    expect(values).toEqual(expected.map((each) => expect.closeTo(each, 5)));
    for (const each of [waves, z, layer]) each.dispose();
  });
});

describe('concernOf', () => {
  const kindOf = (...columns: number[]) => concernOf('hidden.1', Float32Array.from(columns))?.kind;

  it('goes by the median of the columns that have a period', () => {
    expect(kindOf(0.1, 0.2, 5, 8, 9)).toBeUndefined();
    expect(kindOf(9, 0.1, 8, 0.2, 0.15)).toBe('long-periods');
    expect(kindOf(0.1, 0.2, 0.1, Infinity, Infinity, Number.NaN, Infinity)).toBe('long-periods');
    expect(kindOf(3, 200, 1000)).toBe('short-periods');
    // As numbers, not as texts.
    expect(kindOf(9, 10, 1000)).toBeUndefined();
    expect(kindOf(Infinity)).toBeUndefined();
  });

  it('allows from a quarter of a wave to a hundred', () => {
    expect([0.24, 0.25, 100, 101].map((waves) => kindOf(waves))).toEqual([
      'long-periods',
      undefined,
      undefined,
      'short-periods',
    ]);
  });

  it('says which layer it is, how many waves there are, and what to do', () => {
    expect(concernOf('hidden.1', Float32Array.of(0.125))).toEqual({
      kind: 'long-periods',
      layer: 'hidden.1',
      waves: 0.125,
      message: expect.stringMatching(
        /^The periods of hidden\.1 are long .* less than 0\.13 of a wave .* shorter periods, such/,
      ),
    });
    expect(concernOf('hidden.1', Float32Array.of(128))).toEqual({
      kind: 'short-periods',
      layer: 'hidden.1',
      waves: 128,
      message: expect.stringMatching(
        /^The periods of hidden\.1 are short .* more than 130 waves .* longer periods, such/,
      ),
    });
    expect(concernOf('hidden.0', new Float32Array(3))).toEqual({
      kind: 'constant-inputs',
      layer: 'hidden.0',
      waves: 0,
      message: expect.stringContaining('The units of hidden.0 see no difference'),
    });
  });
});
