// Compares each kernel with the composed form of its operation on the tfjs cpu backend, over shapes, settings, and values.
import * as core from '@harmonic-mlp/core';
import {
  absoluteError,
  adamStep,
  add,
  applyMask,
  batchNorm,
  batchNormGradient,
  batchNormInference,
  binaryCrossEntropy,
  countCorrect,
  denseBiasGradient,
  descend,
  dropoutMask,
  type ElementwiseOperation,
  foldIn,
  fourierFeatures,
  gaussianNoise,
  harmonic,
  harmonicGradient,
  harmonicPeriodGradient,
  huberError,
  joinUnits,
  layerNorm,
  layerNormGradient,
  lossGradient,
  phasedHarmonic,
  phasedHarmonicGradient,
  phasedHarmonicPeriodGradient,
  phasedHarmonicPhaseGradient,
  relu,
  reluGradient,
  sineRelu,
  sineReluGradient,
  sineReluPeriodGradient,
  snake,
  snakeFrequencyGradient,
  snakeGradient,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  splitUnits,
  squaredError,
  staf,
  stafGradient,
  stafTermGradients,
} from '@harmonic-mlp/core';
import { type NamedTensorMap, setBackend, type Tensor, tidy } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { describe, expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { size, type Values, withTensors } from '../../core/test/check';
import { describeWithKernels } from './support/simd-levels';

/** An operation, and how to call it for an input of a given shape. */
interface Property {
  operation: object;
  make(
    shape: [batch: number, units: number],
    random: FuzzRandom,
  ): { inputs: Record<string, Values>; attributes?: object };
  tolerance?: Tolerance;
  /** Whether the composed form rounds slopes to 0, which makes an infinite `dy` NaN, and the kernel does not. */
  exactSlopes?: boolean;
}

const uniform = (random: FuzzRandom, shape: number[], low = -2, high = 2): Values => ({
  shape,
  data: Array.from({ length: size(shape) }, () =>
    Math.fround(low + (high - low) * random.integer(2 ** 24) * 2 ** -24),
  ),
});
/** Class numbers; on request, some are invalid. */
const labels = (random: FuzzRandom, [batch, classes]: number[], someAreNone = true): Values => ({
  shape: [batch],
  data: Array.from({ length: batch }, () =>
    someAreNone ? random.integer(classes + 2) - 1 : random.integer(classes),
  ),
  dtype: 'int32',
});
/** Small integers, many of them equal. */
const steps = (random: FuzzRandom, shape: number[]): Values => ({
  shape,
  data: Array.from({ length: size(shape) }, () => random.integer(5) - 2),
});

/** The elementwise activations, their attributes, and the largest magnitudes of inputs. */
const elementwise: Record<
  string,
  [operation: ElementwiseOperation<never>, attributes: object, largest: number[]]
> = {
  sine: [core.sine, { omega: 5 }, [2, 1e4]],
  cosine: [core.cosine, { omega: 5 }, [2, 1e4]],
  finer: [core.finer, { omega: 3 }, [1, 3]],
  gauss: [core.gauss, { scale: 1.5 }, [3, 1e3]],
  wire: [core.wire, { omega: 5, scale: 1.5 }, [2, 1e3]],
  hosc: [core.hosc, { sharpness: 3, omega: 5 }, [2, 100]],
  sinc: [core.sinc, { omega: 5 }, [0.2, 2, 1e4]],
  hyperbolicSine: [core.hyperbolicSine, {}, [0.5, 1.5]],
  leakyRelu: [core.leakyRelu, { slope: 0.1 }, [2]],
  gelu: [core.gelu, {}, [3, 1e3]],
  silu: [core.silu, {}, [3, 1e3]],
  tanh: [core.tanh, {}, [3, 1e3]],
  sigmoid: [core.sigmoid, {}, [3, 1e3]],
  exponential: [core.exponential, {}, [3, 100]],
};

/**
 * The rounding errors of the composed forms: those of arguments in radians grow with these, a slope of ω·(1 − tanh²) keeps
 * the error of the 1, and the polynomial in tfjs's erf errs by up to 1.5e-7.
 */
const composed: Tolerance = { relative: 2e-5, floor: 1e-5, absolute: 1e-6 };

/** The rounding errors of sums over up to 3,000 examples, whose terms cancel. */
const summed: Tolerance = { relative: 2e-5, floor: 2e-5, absolute: 1e-4 };

const ofElementwise = ([name, [operation, attributes, largest]]: [string, (typeof elementwise)[string]]): [
  string,
  Property,
][] => {
  const z = (random: FuzzRandom, shape: number[]) => {
    const limit = random.pick(largest);
    return uniform(random, shape, -limit, limit);
  };
  return [
    [
      name,
      {
        operation,
        make: (shape, random) => ({ inputs: { z: z(random, shape) }, attributes }),
        tolerance: composed,
      },
    ],
    [
      `${name}Gradient`,
      {
        operation: operation.gradientOperation,
        make: (shape, random) => ({
          inputs: { dy: uniform(random, shape), z: z(random, shape) },
          attributes,
        }),
        tolerance: composed,
        exactSlopes: ['tanh', 'sigmoid', 'hosc'].includes(name),
      },
    ],
  ];
};

/** A loss of values, of which half of the calls have weights. */
const lossOf = (operation: object, attributes = {}): Property => ({
  operation,
  make: (shape, random) => ({
    inputs: {
      outputs: uniform(random, shape, ...random.pick([[-2, 2] as const, [-50, 50] as const])),
      targets: uniform(random, shape, 0, 1),
      ...(random.chance(0.5) && { weights: uniform(random, [shape[0]], 0, 2) }),
    },
    attributes,
  }),
});

const properties: Record<string, Property> = {
  ...Object.fromEntries(Object.entries(elementwise).flatMap(ofElementwise)),
  phasedHarmonic: {
    operation: phasedHarmonic,
    make: (shape, random) => ({
      inputs: {
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
        phases: uniform(random, [shape[1]], -4, 4),
      },
      attributes: { residual: random.pick([0, 0.1, -1]) },
    }),
    tolerance: composed,
  },
  phasedHarmonicGradient: {
    operation: phasedHarmonicGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
        phases: uniform(random, [shape[1]], -4, 4),
      },
      attributes: { residual: random.pick([0, 0.1, -1]) },
    }),
    tolerance: composed,
  },
  sineRelu: {
    operation: sineRelu,
    make: (shape, random) => ({
      inputs: { z: uniform(random, shape, -3, 3), periods: uniform(random, [shape[1]], 0.5, 12) },
      attributes: { amplitude: random.pick([0, 0.5, -2]) },
    }),
    tolerance: composed,
  },
  sineReluGradient: {
    operation: sineReluGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: steps(random, shape),
        periods: uniform(random, [shape[1]], 0.5, 12),
      },
      attributes: { amplitude: random.pick([0, 0.5, -2]) },
    }),
    tolerance: composed,
  },
  snake: {
    operation: snake,
    make: (shape, random) => ({
      inputs: { z: uniform(random, shape, -3, 3), frequencies: uniform(random, [shape[1]], 0.1, 5) },
    }),
    tolerance: composed,
  },
  snakeGradient: {
    operation: snakeGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        frequencies: uniform(random, [shape[1]], 0.1, 5),
      },
    }),
    tolerance: composed,
  },
  staf: {
    operation: staf,
    make: (shape, random) => {
      const terms = [1 + random.integer(5)];
      return {
        inputs: {
          z: uniform(random, shape, -3, 3),
          frequencies: uniform(random, terms, -5, 5),
          phases: uniform(random, terms, -4, 4),
          amplitudes: uniform(random, terms),
        },
      };
    },
    tolerance: composed,
  },
  stafGradient: {
    operation: stafGradient,
    make: (shape, random) => {
      const terms = [1 + random.integer(5)];
      return {
        inputs: {
          dy: uniform(random, shape),
          z: uniform(random, shape, -3, 3),
          frequencies: uniform(random, terms, -5, 5),
          phases: uniform(random, terms, -4, 4),
          amplitudes: uniform(random, terms),
        },
      };
    },
    tolerance: composed,
  },
  stafTermGradients: {
    operation: stafTermGradients,
    make: (shape, random) => {
      const terms = [1 + random.integer(5)];
      return {
        inputs: {
          dy: uniform(random, shape),
          z: uniform(random, shape, -3, 3),
          frequencies: uniform(random, terms, -5, 5),
          phases: uniform(random, terms, -4, 4),
          amplitudes: uniform(random, terms),
        },
      };
    },
    tolerance: summed,
  },
  harmonicPeriodGradient: {
    operation: harmonicPeriodGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
      },
    }),
    tolerance: summed,
  },
  phasedHarmonicPeriodGradient: {
    operation: phasedHarmonicPeriodGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
        phases: uniform(random, [shape[1]], -4, 4),
      },
    }),
    tolerance: summed,
  },
  phasedHarmonicPhaseGradient: {
    operation: phasedHarmonicPhaseGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
        phases: uniform(random, [shape[1]], -4, 4),
      },
    }),
    tolerance: summed,
  },
  sineReluPeriodGradient: {
    operation: sineReluPeriodGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        periods: uniform(random, [shape[1]], 0.5, 12),
      },
      attributes: { amplitude: random.pick([0, 0.5, -2]) },
    }),
    tolerance: summed,
  },
  snakeFrequencyGradient: {
    operation: snakeFrequencyGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, -3, 3),
        frequencies: uniform(random, [shape[1]], 0.1, 5),
      },
    }),
    tolerance: summed,
  },
  fourierFeatures: {
    operation: fourierFeatures,
    make: (shape, random) => {
      // So that phases, and with them their rounding errors, do not grow with the number of inputs.
      const largest = 1 / Math.sqrt(shape[1]);
      const frequencies = uniform(random, [shape[1], 1 + random.integer(40)], -largest, largest);
      return { inputs: { x: uniform(random, shape), frequencies } };
    },
    // The phases of 2,500 inputs are sums in two orders, which differ by up to 2,500 roundings.
    tolerance: { absolute: 1e-4 },
  },
  add: {
    operation: add,
    make: (shape, random) => ({ inputs: { a: uniform(random, shape), b: uniform(random, shape) } }),
    tolerance: { relative: 0 },
  },
  layerNorm: {
    operation: layerNorm,
    make: (shape, random) => ({
      inputs: {
        x: uniform(random, shape),
        gamma: uniform(random, [shape[1]]),
        beta: uniform(random, [shape[1]]),
      },
      attributes: { epsilon: random.pick([1e-2, 1e-3]) },
    }),
    tolerance: { relative: 2e-5 },
  },
  layerNormGradient: {
    operation: layerNormGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        x: uniform(random, shape),
        gamma: uniform(random, [shape[1]]),
      },
      attributes: { epsilon: random.pick([1e-2, 1e-3]) },
    }),
    tolerance: summed,
  },
  splitUnits: {
    operation: splitUnits,
    make: ([batch, units], random) => ({
      inputs: { x: uniform(random, [batch, units + 1]) },
      attributes: { first: 1 + random.integer(units) },
    }),
    tolerance: {},
  },
  joinUnits: {
    operation: joinUnits,
    make: ([batch, units], random) => ({
      inputs: {
        first: uniform(random, [batch, units]),
        second: uniform(random, [batch, 1 + random.integer(70)]),
      },
    }),
    tolerance: {},
  },
  squaredError: lossOf(squaredError),
  absoluteError: lossOf(absoluteError),
  huberError: lossOf(huberError, { delta: 0.7 }),
  binaryCrossEntropy: { ...lossOf(binaryCrossEntropy), tolerance: { relative: 1e-5, absolute: 1e-7 } },
  distributionCrossEntropy: {
    ...lossOf(core.distributionCrossEntropy),
    tolerance: { relative: 1e-5, absolute: 1e-6 },
  },
  lossGradient: {
    operation: lossGradient,
    make: (shape, random) => ({ inputs: { dy: uniform(random, []), slope: uniform(random, shape) } }),
  },
  harmonic: {
    operation: harmonic,
    make: (shape, random) => ({
      inputs: {
        z: uniform(random, shape, ...random.pick([[-3, 3] as const, [-1e4, 1e4] as const])),
        periods: uniform(random, [shape[1]], 0.1, 12),
      },
      attributes: { residual: random.pick([0, 0, 0.1, -1]) },
    }),
  },
  harmonicGradient: {
    operation: harmonicGradient,
    make: (shape, random) => ({
      inputs: {
        dy: uniform(random, shape),
        z: uniform(random, shape, ...random.pick([[-3, 3] as const, [-1e4, 1e4] as const])),
        periods: uniform(random, [shape[1]], 0.1, 12),
      },
      attributes: { residual: random.pick([0, 0.1, -1]) },
    }),
  },
  relu: {
    operation: relu,
    make: (shape, random) => ({ inputs: { x: steps(random, shape) } }),
    tolerance: {},
  },
  reluGradient: {
    operation: reluGradient,
    make: (shape, random) => ({
      inputs: { dy: uniform(random, shape), y: uniform(random, shape, -1, 1) },
    }),
  },
  batchNorm: {
    operation: batchNorm,
    make: ([batch, units], random) => ({
      inputs: {
        x: uniform(random, [batch + 1, units]),
        gamma: uniform(random, [units]),
        beta: uniform(random, [units]),
        runningMean: uniform(random, [units]),
        runningVariance: uniform(random, [units], 0, 2),
      },
      // A batch of two examples that happen to be equal has no variance other than ε.
      attributes: { epsilon: random.pick([1e-2, 1e-3]), momentum: random.pick([0, 0.1, 1]) },
    }),
    tolerance: { relative: 2e-5 },
  },
  batchNormGradient: {
    operation: batchNormGradient,
    make: ([batch, units], random) => ({
      inputs: {
        dy: uniform(random, [batch, units]),
        x: uniform(random, [batch, units]),
        gamma: uniform(random, [units]),
        mean: uniform(random, [units]),
        inverseDeviation: uniform(random, [units], 0.1, 3),
      },
    }),
    // Sums over up to 70 examples, whose terms cancel.
    tolerance: { absolute: 1e-5 },
  },
  batchNormInference: {
    operation: batchNormInference,
    make: ([batch, units], random) => ({
      inputs: {
        x: uniform(random, [batch, units]),
        gamma: uniform(random, [units]),
        beta: uniform(random, [units]),
        runningMean: uniform(random, [units]),
        runningVariance: uniform(random, [units], 0, 2),
      },
      attributes: { epsilon: 1e-3 },
    }),
  },
  applyMask: {
    operation: applyMask,
    make: (shape, random) => ({ inputs: { x: uniform(random, shape), mask: uniform(random, shape, 0, 1) } }),
  },
  softmaxCrossEntropy: {
    operation: softmaxCrossEntropy,
    // The composed form needs at least two classes.
    make: ([batch, units], random) => ({
      inputs: {
        logits: uniform(random, [batch, units + 1], ...random.pick([[-3, 3] as const, [-200, 200] as const])),
        // An invalid one makes the loss infinite, whatever the others are.
        labels: labels(random, [batch, units + 1], random.pick([false, false, false, true])),
      },
    }),
    // For a loss near 0, the rounding of the logits remains.
    tolerance: { relative: 1e-5, absolute: 1e-6 },
  },
  softmaxCrossEntropyGradient: {
    operation: softmaxCrossEntropyGradient,
    make: ([batch, units], random) => ({
      inputs: {
        dy: uniform(random, []),
        probabilities: uniform(random, [batch, units + 1], 0, 1),
        labels: labels(random, [batch, units + 1]),
      },
    }),
  },
  countCorrect: {
    operation: countCorrect,
    make: (shape, random) => ({ inputs: { logits: steps(random, shape), labels: labels(random, shape) } }),
    tolerance: { relative: 0 },
  },
  denseBiasGradient: {
    operation: denseBiasGradient,
    make: (shape, random) => ({ inputs: { dy: uniform(random, shape) } }),
    tolerance: summed,
  },
  descend: {
    operation: descend,
    make: (shape, random) => ({
      inputs: { parameter: uniform(random, shape), update: uniform(random, shape) },
      attributes: { learningRate: 0.1 },
    }),
    tolerance: { relative: 1e-6 },
  },
  adamStep: {
    operation: adamStep,
    make: (shape, random) => ({
      inputs: {
        parameter: uniform(random, shape),
        gradient: uniform(random, shape),
        firstMoment: uniform(random, shape),
        secondMoment: uniform(random, shape, 0.01, 1),
        ...(random.chance(0.5) && { gradientScale: uniform(random, [shape[1]]) }),
      },
      attributes: {
        learningRate: random.pick([1e-3, 0.1]),
        beta1: random.pick([0, 0.9]),
        beta2: random.pick([0.9, 0.999]),
        epsilon: random.pick([1e-8, 1e-2]),
        weightDecay: random.pick([0, 0.01, 0.5]),
        weightDecayMode: random.pick(['l2', 'decoupled']),
        step: 1 + random.integer(1000),
      },
    }),
  },
};

/** The results of an operation on the active backend, from its kernel or composed. */
function evaluate(
  operation: object,
  { inputs, attributes = {} }: ReturnType<Property['make']>,
  compose: boolean,
) {
  const { definition } = operation as { definition: { compose: object } };
  const run = (compose ? definition.compose : operation) as (
    inputs: NamedTensorMap,
    attributes: object,
  ) => Tensor | Tensor[];
  return withTensors(inputs, (tensors) =>
    [tidy(() => run(tensors, attributes))].flat().map((result): Values => {
      const values = { shape: result.shape, data: Array.from(result.dataSync()) };
      result.dispose();
      return values;
    }),
  );
}

/** Compares kernel and composed form in many calls at once, because switching backends takes a turn of the event loop. */
async function expectAsComposed(
  { operation, tolerance }: Property,
  calls: { label: string; call: ReturnType<Property['make']> }[],
): Promise<void> {
  await setBackend('cpu');
  const expected: Values[][] = [];
  for (const { call } of calls) expected.push(await evaluate(operation, call, true));
  await setBackend('wasm');
  for (const [i, { label, call }] of calls.entries()) {
    const actual = await evaluate(operation, call, false);
    expect(actual.length).toBe(expected[i].length);
    actual.forEach((values, output) => {
      expectAllClose(
        values,
        expected[i][output],
        tolerance,
        `output ${output} of ${label}, FUZZ_SEED=${fuzzSeed}`,
      );
    });
  }
}

describeWithKernels('kernels', () => {
  describe.each(Object.entries(properties))('%s', (_, property) => {
    it('is the composed form for every batch and width from 1 to 70', async () => {
      const calls = Array.from({ length: 140 }, (_, i) => {
        const random = new FuzzRandom(i);
        const length = 1 + (i >> 1);
        const other = 1 + random.integer(70);
        const shape: [number, number] = i & 1 ? [length, other] : [other, length];
        return { label: `[${shape}]`, call: property.make(shape, random) };
      });
      await expectAsComposed(property, calls);
    });

    it('passes NaN and infinities on as the composed form does', async () => {
      const calls = Array.from({ length: 60 }, (_, i) => {
        const random = new FuzzRandom(1000 + i);
        const shape: [number, number] = [1 + random.integer(9), 1 + random.integer(30)];
        const call = property.make(shape, random);
        const floats = Object.entries(call.inputs).filter(([, { dtype }]) => dtype !== 'int32');
        const [name, { data }] = random.pick(floats);
        const infinities = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        const mayBeInfinite = name !== 'dy' || property.exactSlopes !== true;
        const value = random.pick([Number.NaN, ...(mayBeInfinite ? infinities : [])]);
        const place = random.integer(data.length);
        data[place] = value;
        return { label: `[${shape}] with ${value} as ${name}[${place}]`, call };
      });
      await expectAsComposed(property, calls);
    });
  });

  it('takes blocks of more rows than one and rows of more blocks than one', async () => {
    const simple = [
      'relu',
      'reluGradient',
      'batchNorm',
      'batchNormGradient',
      'batchNormInference',
      'softmaxCrossEntropy',
      'softmaxCrossEntropyGradient',
    ];
    for (const [name, property] of Object.entries(properties)) {
      if (simple.includes(name)) continue; // They take no blocks.
      const shapes: [number, number][] = [
        [3000, 1],
        [701, 3],
        [2, 1025],
        [3, 2500],
      ];
      const calls = shapes.map((shape, i) => ({
        label: `${name} of [${shape}]`,
        call: property.make(shape, new FuzzRandom(2000 + i)),
      }));
      await expectAsComposed(property, calls);
    }
  });

  it.each<[string, object, (random: FuzzRandom) => object]>([
    [
      'dropout masks',
      dropoutMask,
      (random) => ({
        rate: random.pick([0, 1e-9, 2 ** -32, 0.2, 0.5, 0.9, 0.999999, 1 - 2 ** -31, 1 - 2 ** -40]),
      }),
    ],
    ['Gaussian noise', gaussianNoise, (random) => ({ deviation: random.pick([0, 0.1, 1, 1 / 3, 1e30]) })],
  ])('draws the %s of JavaScript, bit for bit', async (_, operation, make) => {
    const calls = Array.from({ length: 280 }, (_, i) => {
      const random = new FuzzRandom(3000 + i);
      const shape = [1 + (i % 70), 1 + random.integer(70)];
      const key = random.pick([
        [0, 0],
        [2 ** 32 - 1, 2 ** 32 - 1],
        foldIn([0, random.integer(2 ** 32)], 'stream'),
      ]);
      const attributes = { shape, ...make(random), key };
      return { label: JSON.stringify(attributes), call: { inputs: {}, attributes } };
    });
    await expectAsComposed({ operation, make: () => calls[0].call, tolerance: { relative: 0 } }, calls);
  });

  it('draws two million values of Gaussian noise as JavaScript does, bit for bit', async () => {
    // Few of them show a coefficient that is not rounded to float32.
    const call = { inputs: {}, attributes: { shape: [1448, 1448], deviation: 0.5, key: [2, 7] } };
    const property = { operation: gaussianNoise, make: () => call, tolerance: { relative: 0 } };
    await expectAsComposed(property, [{ label: 'noise', call }]);
  });
});
