import { adamStep, softmaxCrossEntropy } from '@harmonic-mlp/core';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import {
  add,
  dispose,
  engine,
  memory,
  mul,
  Optimizer,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tensor1d,
  tensor2d,
  tidy,
  train,
  type Variable,
} from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture } from '../../../test/support/fixtures';
import { disposeRate, stockOptimizers } from '../test/stock-optimizers';
import { applyByPath, type ByPath, handMadeLoss, valuesOf, variablesOf } from '../test/variables';
import { Adam } from './adam';
import { FrequencyAwareOptimizer } from './frequency-aware-optimizer';
import { asList, type NamedGradients } from './named-gradients';
import type { HarmonicUnits } from './transforms';

interface FrequencyCase {
  name: string;
  base: 'adam' | 'sgd' | 'momentum';
  mode: 'gradient' | 'update';
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  momentum: number;
  weightDecay: number;
  steps: { parameters: ByPath<FixtureTensor> }[];
}
interface FrequencyFixture {
  freqScaleFactor: number;
  periods: FixtureTensor;
  factors: FixtureTensor;
  parameters: ByPath<FixtureTensor>;
  gradients: ByPath<FixtureTensor>[];
  cases: FrequencyCase[];
}
const fixture = readFixture<FrequencyFixture>('frequency-optimizer');
const harmonicPaths = ['hidden.0/kernel', 'hidden.0/bias'];
const freqScales = ['gradient', 'update'] as const;

/** A stock optimizer with coupled weight decay, which tfjs-core's optimizers lack: it is added to the gradients. */
class WithDecay extends Optimizer {
  static readonly className = 'WithDecay';
  constructor(
    readonly stock: Optimizer,
    readonly weightDecay: number,
    readonly variables: ByPath<Variable>,
  ) {
    super();
  }
  override applyGradients(gradients: NamedGradients): void {
    tidy(() => {
      const decayed = asList(gradients).map(({ name, tensor }) => {
        const variable = Object.values(this.variables).find((each) => each.name === name) as Variable;
        return { name, tensor: add(tensor, mul(variable, this.weightDecay)) };
      });
      this.stock.applyGradients(decayed);
    });
  }
  override dispose(): void {
    this.stock.dispose();
    disposeRate(this.stock);
  }
  override getConfig(): Record<string, never> {
    return {};
  }
}

const unitsOf = (variables: ByPath<Variable>): HarmonicUnits => ({
  kernel: variables['hidden.0/kernel'],
  bias: variables['hidden.0/bias'],
  periods: fixture.periods.data,
});

/** 1/(1 + f·p) as float32, f = 0.1. */
const factors = fixture.periods.data.map((period) => Math.fround(1 / (1 + 0.1 * period)));

/** The values of harmonic weights combined with the units' factors; other values unchanged. */
const overUnits = (
  values: ByPath<FixtureTensor>,
  combine: (value: number, factor: number, path: string, index: number) => number,
): ByPath<FixtureTensor> =>
  Object.fromEntries(
    Object.entries(values).map(([path, { shape, data }]) => [
      path,
      harmonicPaths.includes(path)
        ? { shape, data: data.map((value, i) => combine(value, factors[i % factors.length], path, i)) }
        : { shape, data },
    ]),
  );

const optimizers: typeof stockOptimizers = [
  ...stockOptimizers,
  ['Adam of this package', (learningRate) => new Adam({ learningRate, weightDecay: 0.1 })],
];

function free(...owners: (Optimizer | ByPath<Variable>)[]): void {
  for (const owner of owners) {
    if (owner instanceof Optimizer) {
      owner.dispose();
      disposeRate('base' in owner ? (owner.base as Optimizer) : owner);
    } else {
      dispose(owner);
    }
  }
}

/** A three-class problem for a layer of three harmonic units. */
function classification(apply: (x: Tensor2D) => Tensor2D): { loss: () => Scalar; free: () => void } {
  const x = tensor2d([
    [0.2, -0.4],
    [-0.7, 0.1],
    [0.5, 0.9],
  ]);
  const labels = tensor1d([0, 1, 2], 'int32');
  return {
    loss: () => tidy(() => softmaxCrossEntropy({ logits: apply(x), labels })[0] as Scalar),
    free: () => dispose([x, labels]),
  };
}

describeOnEachBackend('FrequencyAwareOptimizer', (backend) => {
  it.each(fixture.cases)('equals PyTorch: $name', async (fixtureCase) => {
    const { base, mode, learningRate, momentum, weightDecay, beta1, beta2, epsilon, steps } = fixtureCase;
    const variables = variablesOf(fixture.parameters);
    const make = {
      adam: () => new Adam({ learningRate, beta1, beta2, epsilon, weightDecay }),
      sgd: () => new WithDecay(train.sgd(learningRate), weightDecay, variables),
      momentum: () => new WithDecay(train.momentum(learningRate, momentum), weightDecay, variables),
    };
    const { freqScaleFactor } = fixture;
    const options = { freqScaleFactor, freqScale: mode };
    const optimizer = new FrequencyAwareOptimizer(make[base](), [unitsOf(variables)], options);
    for (const [i, { parameters }] of steps.entries()) {
      applyByPath(optimizer, variables, fixture.gradients[i]);
      const values = await valuesOf(variables);
      for (const [path, expected] of Object.entries(parameters)) {
        expectAllClose(values[path], expected, {}, `${path} after step ${i + 1}`);
      }
    }
    free(optimizer, variables);
  });

  describe.each(optimizers)('around %s', (name, make) => {
    const rate = 0.01;

    it('with freqScale gradient is the base fed with scaled gradients, to the bit', async () => {
      const [wrapped, fed] = [variablesOf(fixture.parameters), variablesOf(fixture.parameters)];
      const optimizer = new FrequencyAwareOptimizer(make(rate), [unitsOf(wrapped)]);
      const base = make(rate);
      for (const gradients of fixture.gradients) {
        applyByPath(optimizer, wrapped, gradients);
        applyByPath(
          base,
          fed,
          overUnits(gradients, (gradient, factor) => Math.fround(gradient) * factor),
        );
        expect(await valuesOf(wrapped)).toEqual(await valuesOf(fed));
      }
      free(optimizer, base, wrapped, fed);
    });

    it('with freqScale update is old + s·(base − old), to the bit; other variables are the base’s', async () => {
      const [wrapped, stepped] = [variablesOf(fixture.parameters), variablesOf(fixture.parameters)];
      const optimizer = new FrequencyAwareOptimizer(make(rate), [unitsOf(wrapped)], { freqScale: 'update' });
      const base = make(rate);
      for (const gradients of fixture.gradients) {
        const old = await valuesOf(wrapped);
        tidy(() => {
          for (const [path, { data, shape }] of Object.entries(old)) {
            stepped[path].assign(tensor(data, shape));
          }
        });
        applyByPath(base, stepped, gradients);
        applyByPath(optimizer, wrapped, gradients);
        const expected = overUnits(await valuesOf(stepped), (value, factor, path, i) => {
          const before = old[path].data[i];
          return Math.fround(before + Math.fround(Math.fround(value - before) * factor));
        });
        expect(await valuesOf(wrapped)).toEqual(expected);
        expect(await valuesOf(wrapped)).not.toEqual(await valuesOf(stepped));
      }
      free(optimizer, base, wrapped, stepped);
    });

    it.each(freqScales)('with freqScale %s and factor 0 is the base, to the bit', async (freqScale) => {
      const [wrapped, plain] = [variablesOf(fixture.parameters), variablesOf(fixture.parameters)];
      const options = { freqScale, freqScaleFactor: 0 };
      const optimizer = new FrequencyAwareOptimizer(make(rate), [unitsOf(wrapped)], options);
      const base = make(rate);
      for (const gradients of [...fixture.gradients, ...fixture.gradients]) {
        applyByPath(optimizer, wrapped, gradients);
        applyByPath(base, plain, gradients);
        expect(await valuesOf(wrapped)).toEqual(await valuesOf(plain));
      }
      free(optimizer, base, wrapped, plain);
    });

    it.each(freqScales)(
      'with freqScale %s keeps the base’s state in place when a gradient is missing',
      async (freqScale) => {
        // Without units, the wrapper must behave like the base: stock optimizers keep state by position in the list.
        const results = await Promise.all(
          [true, false].map(async (isWrapped) => {
            const variables = variablesOf(fixture.parameters);
            const base = make(rate);
            const optimizer = isWrapped ? new FrequencyAwareOptimizer(base, [], { freqScale }) : base;
            for (const [i, gradients] of fixture.gradients.entries()) {
              tidy(() => {
                const list = Object.entries(gradients).map(([path, { data, shape }], k) => ({
                  name: variables[path].name,
                  tensor: k === i ? (undefined as never) : tensor(data, shape),
                }));
                optimizer.applyGradients(list);
              });
            }
            const values = await valuesOf(variables);
            free(optimizer, variables);
            return values;
          }),
        );
        expect(results[0]).toEqual(results[1]);
      },
    );

    it.each(freqScales)(
      'with freqScale %s keeps the count of tensors from step to step, and frees all',
      (freqScale) => {
        const variables = variablesOf(fixture.parameters);
        const before = memory();
        const optimizer = new FrequencyAwareOptimizer(make(rate), [unitsOf(variables)], { freqScale });
        applyByPath(optimizer, variables, fixture.gradients[0]);
        const { numTensors, numDataBuffers } = memory();
        for (const gradients of fixture.gradients) applyByPath(optimizer, variables, gradients);
        expect(memory()).toMatchObject({ numTensors, numDataBuffers });
        expect(optimizer.iterations).toBe(1 + fixture.gradients.length);
        optimizer.dispose();
        disposeRate(optimizer.base);
        expect(memory()).toMatchObject({
          numTensors: before.numTensors,
          numDataBuffers: before.numDataBuffers,
        });
        dispose(variables);
      },
    );

    it('passes the learning rate on', async () => {
      const variables = variablesOf(fixture.parameters);
      const optimizer = new FrequencyAwareOptimizer(make(0.3), [unitsOf(variables)]);
      expect(optimizer.learningRate).toBe(0.3);
      optimizer.learningRate = 0;
      expect((optimizer.base as unknown as { learningRate: number }).learningRate).toBe(0);
      const before = await valuesOf(variables);
      applyByPath(optimizer, variables, fixture.gradients[0]);
      expect(await valuesOf(variables)).toEqual(before);
      expect(() => {
        optimizer.learningRate = -1;
      }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      free(optimizer, variables);
    });

    it(name.startsWith('Adam') ? 'saves the state by path' : 'cannot save the state by path', () => {
      const variables = variablesOf(fixture.parameters);
      const optimizer = new FrequencyAwareOptimizer(make(rate), [unitsOf(variables)]);
      applyByPath(optimizer, variables, fixture.gradients[0]);
      if (name.startsWith('Adam')) {
        const state = optimizer.saveState(variables);
        expect(state).toEqual((optimizer.base as Adam).saveState(variables));
        expect(Object.keys(state.values)).toEqual(Object.keys(variables).map((path) => `${path}/step`));
        const other = new Adam();
        const wrapped = new FrequencyAwareOptimizer(other, [unitsOf(variables)]);
        wrapped.loadState(variables, state);
        expect(other.saveState(variables).values).toEqual(state.values);
        free(wrapped);
      } else {
        const error = expect.objectContaining({
          code: 'UNSUPPORTED',
          argument: 'base',
          value: optimizer.base,
          message: `The state of ${optimizer.base.getClassName()} cannot be saved by path. Use this package's Adam as the base.`,
        });
        expect(() => optimizer.saveState(variables)).toThrow(error);
        expect(() => optimizer.loadState(variables, { tensors: {}, values: {} })).toThrow(error);
      }
      free(optimizer, variables);
    });
  });

  it('resumes to the bit from the base’s state', async () => {
    const make = (variables: ByPath<Variable>) =>
      new FrequencyAwareOptimizer(new Adam({ weightDecay: 0.1 }), [unitsOf(variables)], {
        freqScale: 'update',
      });
    const straight = variablesOf(fixture.parameters);
    const optimizer = make(straight);
    for (const gradients of fixture.gradients.slice(0, 2)) applyByPath(optimizer, straight, gradients);
    const copies = variablesOf(await valuesOf(straight));
    const resumed = make(copies);
    resumed.loadState(copies, optimizer.saveState(straight));
    for (const gradients of fixture.gradients.slice(2)) {
      applyByPath(optimizer, straight, gradients);
      applyByPath(resumed, copies, gradients);
    }
    expect(await valuesOf(copies)).toEqual(await valuesOf(straight));
    free(optimizer, resumed, straight, copies);
  });

  it.each(freqScales)(
    'with freqScale %s asks a function for the periods, and makes factors of them once',
    async (freqScale) => {
      const results = await Promise.all(
        [true, false].map(async (asks) => {
          const variables = variablesOf(fixture.parameters);
          const { periods } = unitsOf(variables);
          const harmonic = new Set(harmonicPaths.map((path) => variables[path].name));
          const periodsOf = ({ name }: Variable) => (harmonic.has(name) ? periods : undefined);
          const { numTensors } = memory();
          const optimizer = new FrequencyAwareOptimizer(new Adam(), asks ? periodsOf : [unitsOf(variables)], {
            freqScale,
          });
          for (const gradients of fixture.gradients) applyByPath(optimizer, variables, gradients);
          // Two moments of each variable, and the factors.
          expect(memory().numTensors).toBe(numTensors + 2 * Object.keys(variables).length + 1);
          const values = await valuesOf(variables);
          free(optimizer, variables);
          return values;
        }),
      );
      expect(results[0]).toEqual(results[1]);
    },
  );

  it('refuses periods that a function gives for a variable of other units, before the base steps', async () => {
    const variables = variablesOf(fixture.parameters);
    const before = await valuesOf(variables);
    const optimizer = new FrequencyAwareOptimizer(train.sgd(1), () => [1, 2, 3, 4, 5]);
    expect(() => applyByPath(optimizer, variables, fixture.gradients[0])).toThrow(
      expect.objectContaining({
        code: 'INVALID_SHAPE',
        argument: 'periods',
        value: [1, 2, 3, 4, 5],
        message: expect.stringContaining('but there are 5 periods. Its last axis must be the units.'),
      }),
    );
    expect(await valuesOf(variables)).toEqual(before);
    free(optimizer, variables);
  });

  it('lets Adam step not at all where the periods of one variable are refused', async () => {
    const variables = variablesOf(fixture.parameters);
    const before = await valuesOf(variables);
    const adam = new Adam();
    const names = Object.values(variables).map(({ name }) => name);
    const periodsOf = ({ name, shape }: Variable) =>
      name === names.at(-1) ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : new Array(shape.at(-1)).fill(1);
    const optimizer = new FrequencyAwareOptimizer(adam, periodsOf);
    expect(() => applyByPath(optimizer, variables, fixture.gradients[0])).toThrow(
      expect.objectContaining({ code: 'INVALID_SHAPE' }),
    );
    expect(await valuesOf(variables)).toEqual(before);
    expect(adam.saveState(variables).values).toEqual({});
    free(optimizer, variables);
  });

  it('hands scaled gradients to an Adam that has an applyGradients of its own', async () => {
    let calls = 0;
    class CountingAdam extends Adam {
      override applyGradients(gradients: NamedGradients): void {
        calls += 1;
        super.applyGradients(gradients);
      }
    }
    const results = await Promise.all(
      [new CountingAdam(), new Adam()].map(async (base) => {
        const variables = variablesOf(fixture.parameters);
        const optimizer = new FrequencyAwareOptimizer(base, [unitsOf(variables)]);
        for (const gradients of fixture.gradients) applyByPath(optimizer, variables, gradients);
        const values = await valuesOf(variables);
        free(optimizer, variables);
        return values;
      }),
    );
    expect(calls).toBe(fixture.gradients.length);
    expect(results[0]).toEqual(results[1]);
  });

  it('hands Adam the factors, to scale gradients as it steps', () => {
    const variables = variablesOf(fixture.parameters);
    const optimizer = new FrequencyAwareOptimizer(new Adam(), [unitsOf(variables)]);
    const run = vi.spyOn(engine(), 'runKernel');
    applyByPath(optimizer, variables, fixture.gradients[0]);
    const scaled = run.mock.calls.filter(([name, { gradientScale }]) => {
      return name === adamStep.kernelName && gradientScale !== undefined;
    });
    run.mockRestore();
    expect(scaled).toHaveLength(harmonicPaths.length);
    free(optimizer, variables);
  });

  it('passes tfjs’s own saved weights through', async () => {
    const variables = variablesOf(fixture.parameters);
    const optimizer = new FrequencyAwareOptimizer(train.momentum(0.1, 0.9), [unitsOf(variables)]);
    applyByPath(optimizer, variables, fixture.gradients[0]);
    const weights = await optimizer.getWeights();
    expect(weights.map(({ name }) => name)).toEqual([
      'iter',
      ...Object.values(variables).map(({ name }) => `${name}/momentum`),
    ]);
    const copies = variablesOf(await valuesOf(variables));
    const other = new FrequencyAwareOptimizer(train.momentum(0.1, 0.9), [unitsOf(copies)]);
    await other.setWeights(weights);
    expect(other.iterations).toBe(1);
    applyByPath(optimizer, variables, fixture.gradients[1]);
    applyByPath(other, copies, fixture.gradients[1]);
    expect(await valuesOf(copies)).toEqual(await valuesOf(variables));
    weights[0].tensor.dispose();
    free(optimizer, other, variables, copies);
  });

  it('makes next to no difference to Adam by its gradients, but does by its updates', {
    tags: 'long',
  }, async () => {
    // Relative to how far each unit's weights moved in 20 steps. Measured on both backends: with scaled gradients, at most
    // 5e-7 with stock Adam (float32 rounding) and 1e-5 with a coupled decay of 1e-5; with scaled updates, 1 − s: 0.09, 0.17,
    // 0.23, 0.23.
    const change = async (freqScale: 'gradient' | 'update', base: () => Optimizer) => {
      const [scaled, plain] = [variablesOf(fixture.parameters), variablesOf(fixture.parameters)];
      const start = (await valuesOf(plain))['hidden.0/kernel'].data;
      const optimizer = new FrequencyAwareOptimizer(base(), [unitsOf(scaled)], { freqScale });
      const alone = base();
      for (let step = 0; step < 20; step++) {
        applyByPath(optimizer, scaled, fixture.gradients[step % 4]);
        applyByPath(alone, plain, fixture.gradients[step % 4]);
      }
      const [a, b] = [await valuesOf(scaled), await valuesOf(plain)].map(
        (values) => values['hidden.0/kernel'].data,
      );
      free(optimizer, alone, scaled, plain);
      return factors.map((_, unit) => {
        const rows = start.map((_, i) => i).filter((i) => i % factors.length === unit);
        const size = (values: number[]) => Math.hypot(...values);
        return size(rows.map((i) => a[i] - b[i])) / size(rows.map((i) => b[i] - start[i]));
      });
    };
    for (const base of [() => train.adam(0.01), () => new Adam({ learningRate: 0.01, weightDecay: 1e-5 })]) {
      for (const difference of await change('gradient', base)) expect(difference).toBeLessThan(1e-4);
    }
    expectAllClose(
      await change('update', () => train.adam(0.01)),
      factors.map((factor) => 1 - factor),
      { relative: 1e-4 },
    );
  });

  describe('takes as units', () => {
    const scaledStep = async (units: (kernel: Variable) => Iterable<HarmonicUnits>, shape: number[]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const variables = variablesOf({ kernel: { shape, data: new Array(size).fill(1) } });
      const optimizer = new FrequencyAwareOptimizer(train.sgd(1), units(variables.kernel), {
        freqScaleFactor: 1,
      });
      applyByPath(optimizer, variables, { kernel: { shape, data: new Array(size).fill(1) } });
      const { data } = (await valuesOf(variables)).kernel;
      free(optimizer, variables);
      return data;
    };

    it('someone else’s kernel and periods, without a bias', async () => {
      expect(await scaledStep((kernel) => [{ kernel, periods: [1, 3] }], [3, 2])).toEqual([
        0.5, 0.75, 0.5, 0.75, 0.5, 0.75,
      ]);
    });

    it('a kernel of any rank whose last axis is the units', async () => {
      const periods = new Float32Array([1, 3]);
      expect(await scaledStep((kernel) => [{ kernel, periods }], [2, 1, 2])).toEqual([0.5, 0.75, 0.5, 0.75]);
      expect(await scaledStep((kernel) => [{ kernel, periods }], [2])).toEqual([0.5, 0.75]);
    });

    it('what a generator yields', async () => {
      function* generate(kernel: Variable) {
        yield { kernel, periods: [3] };
      }
      expect(await scaledStep(generate, [1])).toEqual([0.75]);
    });

    it('none, and is the base then', async () => {
      expect(await scaledStep(() => [], [1])).toEqual([0]);
    });

    it.each([true, false])('a HarmonicLayer, and trains it (with a bias: %j)', async (useBias) => {
      const layer = new HarmonicLayer({ inputSize: 2, units: 3, maxFreq: 3, seed: 4, useBias });
      const { loss, free } = classification((x) => layer.apply(x));
      const before = await valuesOf(layer.weights);
      const optimizer = new FrequencyAwareOptimizer(train.sgd(0.125), [layer]);
      const { value, grads } = optimizer.computeGradients(loss);
      const { start } = await valuesOf({ start: value });
      const gradients = Object.values(await valuesOf(grads));
      dispose([value, grads]);
      optimizer.minimize(loss);
      for (const [k, [path, { data, shape }]] of Object.entries(await valuesOf(layer.weights)).entries()) {
        const expected = before[path].data.map(
          (w, i) => w - (0.125 / (1 + 0.1 * (1 + (i % 3)))) * gradients[k].data[i],
        );
        expectAllClose({ shape, data }, { shape, data: expected }, {}, path);
      }
      for (let step = 0; step < 50; step++) optimizer.minimize(loss);
      const cost = optimizer.minimize(loss, true) as Scalar;
      expect((await cost.data())[0]).toBeLessThan(0.7 * start.data[0]);
      cost.dispose();
      optimizer.dispose();
      layer.dispose();
      free();
    });

    it.each<[string, number[], number[] | undefined, number[]]>([
      ['kernel', [3, 2], undefined, [1, 2, 3]],
      ['kernel, the wrong way round', [3, 2], [3], [1, 2, 3]],
      ['bias', [2, 3], [2], [1, 2, 3]],
      ['scalar bias', [2, 3], [], [1, 2, 3]],
    ])('no %s that does not fit the periods', (_, kernelShape, biasShape, periods) => {
      const zeros = (shape: number[]) => ({
        shape,
        data: new Array(shape.reduce((p, l) => p * l, 1)).fill(0),
      });
      const variables = variablesOf({
        kernel: zeros(kernelShape),
        ...(biasShape && { bias: zeros(biasShape) }),
      });
      const fitting = variablesOf({ kernel: zeros([2, 1]) });
      const base = train.sgd(0.1);
      const { numTensors } = memory();
      const { kernel, bias } = variables;
      const wrong = kernel.shape.at(-1) === periods.length ? bias : kernel;
      expect(
        () =>
          new FrequencyAwareOptimizer(base, [
            { kernel: fitting.kernel, periods: [1] },
            { kernel, bias, periods },
          ]),
      ).toThrow(
        expect.objectContaining({
          code: 'INVALID_SHAPE',
          argument: 'periods',
          value: periods,
          allowed: `of length ${wrong.shape.at(-1) ?? 0}, one period for each unit of the variable "${wrong.name}"`,
          message: `The variable "${wrong.name}" has shape [${wrong.shape}], but there are 3 periods. Its last axis must be the units.`,
        }),
      );
      expect(memory().numTensors).toBe(numTensors);
      free(base, variables, fitting);
    });
  });

  it('computes the gradients unscaled, of all variables or of some', async () => {
    const layer = new HarmonicLayer({ inputSize: 2, units: 3, seed: 4 });
    const { loss, free } = classification((x) => layer.apply(x));
    const base = train.sgd(0.1);
    const optimizer = new FrequencyAwareOptimizer(base, [layer]);
    const wrapped = optimizer.computeGradients(loss);
    const plain = base.computeGradients(loss);
    expect(await wrapped.value.data()).toEqual(await plain.value.data());
    expect(Object.keys(wrapped.grads)).toEqual(Object.keys(plain.grads));
    expect(Object.keys(wrapped.grads)).toHaveLength(2);
    expect(await valuesOf(wrapped.grads)).toEqual(await valuesOf(plain.grads));
    const some = optimizer.computeGradients(loss, [layer.bias as Variable]);
    expect(Object.keys(some.grads)).toEqual([(layer.bias as Variable).name]);
    for (const { value, grads } of [wrapped, plain, some]) dispose([value, grads]);
    optimizer.dispose();
    layer.dispose();
    free();
  });

  it.each(freqScales)(
    'with freqScale %s works the same inside tidy, and takes a map or a list',
    async (freqScale) => {
      const results = await Promise.all(
        [0, 1].map(async (way) => {
          const variables = variablesOf(fixture.parameters);
          let optimizer!: FrequencyAwareOptimizer;
          const make = () => {
            optimizer = new FrequencyAwareOptimizer(new Adam(), [unitsOf(variables)], { freqScale });
          };
          if (way === 0) make();
          else tidy(make);
          for (const gradients of fixture.gradients) {
            if (way === 0) {
              applyByPath(optimizer, variables, gradients);
            } else {
              tidy(() => {
                const list = Object.entries(gradients).map(([path, { data, shape }]) => ({
                  name: variables[path].name,
                  tensor: tensor(data, shape),
                }));
                optimizer.applyGradients(list.reverse());
                for (const { tensor } of list) expect(tensor.isDisposed).toBe(false);
              });
            }
          }
          const values = await valuesOf(variables);
          free(optimizer, variables);
          return values;
        }),
      );
      expect(results[1]).toEqual(results[0]);
    },
  );

  it.skipIf(backend === 'webgpu')(
    'by a loss that dataSync reads, converges on the Rosenbrock function with a rate for each coordinate',
    async () => {
      const { x } = variablesOf({ x: { shape: [2], data: [-1.2, 1] } });
      const loss = handMadeLoss(
        x,
        ([a, b]) => (1 - a) ** 2 + 100 * (b - a * a) ** 2,
        ([a, b]) => [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)],
      );
      const base = new Adam({ learningRate: 0.2 });
      const units = [{ kernel: x, periods: [1, 3] }];
      const optimizer = new FrequencyAwareOptimizer(base, units, { freqScale: 'update' });
      for (let step = 0; step < 800; step++) optimizer.minimize(loss);
      expectAllClose((await valuesOf({ x })).x.data, [1, 1], { relative: 0, absolute: 2e-2 });
      free(optimizer, { x });
    },
  );

  it('refuses a gradient for what is no variable before the base steps', async () => {
    const variables = variablesOf(fixture.parameters);
    const before = await valuesOf(variables);
    const [gradient, stray] = [tensor1d([1, 1, 1, 1]), tensor1d([1])];
    for (const freqScale of freqScales) {
      const optimizer = new FrequencyAwareOptimizer(train.sgd(1), [unitsOf(variables)], { freqScale });
      expect(() =>
        optimizer.applyGradients({ [variables['hidden.0/bias'].name]: gradient, stray: stray as Tensor1D }),
      ).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('"stray"') }),
      );
      optimizer.dispose();
    }
    expect(await valuesOf(variables)).toEqual(before);
    dispose([gradient, stray]);
    dispose(variables);
  });

  it('has a configuration', () => {
    const base = train.sgd(0.1);
    const optimizer = new FrequencyAwareOptimizer(base, []);
    expect(optimizer.getClassName()).toBe('FrequencyAwareOptimizer');
    expect(optimizer.getConfig()).toEqual({
      base: { className: 'SGD', config: { learningRate: 0.1 } },
      freqScaleFactor: 0.1,
      freqScale: 'gradient',
    });
    optimizer.dispose();
  });
});
