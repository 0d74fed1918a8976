import { memory, Optimizer, tensor1d, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { disposeRate, stockOptimizers } from '../test/stock-optimizers';
import { Adam } from './adam';
import { FrequencyAwareOptimizer } from './frequency-aware-optimizer';
import { getLearningRate, setLearningRate } from './learning-rate';

/** An optimizer without a learning rate. */
class Rateless extends Optimizer {
  static readonly className = 'Rateless';
  override applyGradients(): void {}
  override getConfig(): Record<string, never> {
    return {};
  }
}

const newWeight = (): Variable => tidy(() => variable(tensor1d([0.5, -1, 2])));

async function stepOnce(optimizer: Optimizer, weight: Variable): Promise<number[]> {
  tidy(() => optimizer.applyGradients({ [weight.name]: tensor1d([1, -0.3, 0.02]) }));
  return Array.from(await weight.data());
}

/** The value of a fresh weight after the first step. */
async function firstStep(optimizer: Optimizer): Promise<number[]> {
  const weight = newWeight();
  const result = await stepOnce(optimizer, weight);
  weight.dispose();
  return result;
}

const optimizers: typeof stockOptimizers = [
  ...stockOptimizers,
  ['Adam of this package', (learningRate) => new Adam({ learningRate })],
  [
    'wrapped sgd',
    (learningRate) =>
      new FrequencyAwareOptimizer(stockOptimizers[0][1](learningRate), [], { freqScale: 'update' }),
  ],
];

describeOnEachBackend('the learning rate', () => {
  describe.each(optimizers)('of %s', (_, make) => {
    const dispose = (optimizer: Optimizer) => {
      optimizer.dispose();
      disposeRate(optimizer);
    };

    it('is read', () => {
      const optimizer = make(0.3);
      expect(getLearningRate(optimizer)).toBe(0.3);
      dispose(optimizer);
    });

    it('once set, moves the first step as if constructed with it', async () => {
      const fresh = make(0.05);
      const changed = make(0.3);
      const untouched = make(0.3);
      setLearningRate(changed, 0.05);
      expect(getLearningRate(changed)).toBe(0.05);
      const expected = await firstStep(fresh);
      expect(await firstStep(changed)).toEqual(expected);
      expect(await firstStep(untouched)).not.toEqual(expected);
      for (const optimizer of [fresh, changed, untouched]) dispose(optimizer);
    });

    it('set between two steps, scales the second', async () => {
      const kept = make(0.25);
      const halved = make(0.25);
      const [a, b] = [newWeight(), newWeight()];
      const before = await stepOnce(kept, a);
      expect(await stepOnce(halved, b)).toEqual(before);
      setLearningRate(halved, 0.125);
      const whole = (await stepOnce(kept, a)).map((value, i) => value - before[i]);
      const half = (await stepOnce(halved, b)).map((value, i) => value - before[i]);
      for (const i of whole.keys()) {
        expect(Math.abs(half[i] - whole[i] / 2)).toBeLessThanOrEqual(3e-7); // float32 of values up to 2
        expect(half[i]).not.toBe(whole[i]);
      }
      a.dispose();
      b.dispose();
      dispose(kept);
      dispose(halved);
    });

    it('is set without a leak, also inside tidy, from which it survives', async () => {
      const optimizer = make(0.3);
      const fresh = make(0.05);
      const { numTensors } = memory();
      for (let i = 0; i < 5; i++) setLearningRate(optimizer, 0.1 * i);
      tidy(() => setLearningRate(optimizer, 0.05));
      expect(memory().numTensors).toBe(numTensors);
      expect(await firstStep(optimizer)).toEqual(await firstStep(fresh));
      dispose(optimizer);
      dispose(fresh);
    });

    it('may be 0: nothing moves', async () => {
      const optimizer = make(0.3);
      setLearningRate(optimizer, 0);
      expect(await firstStep(optimizer)).toEqual([0.5, -1, 2]);
      dispose(optimizer);
    });

    it.each([-1, Number.NaN, Infinity, '0.1'])('is not set to %j', (rate) => {
      const optimizer = make(0.3);
      expect(() => setLearningRate(optimizer, rate as number)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'rate', value: rate }),
      );
      expect(getLearningRate(optimizer)).toBe(0.3);
      dispose(optimizer);
    });
  });
});

it('is UNSUPPORTED for an optimizer that has none', () => {
  const error = expect.objectContaining({
    code: 'UNSUPPORTED',
    argument: 'optimizer',
    message: 'Rateless has no numeric learningRate to read.',
  });
  const optimizer = new Rateless();
  expect(() => getLearningRate(optimizer)).toThrow(error);
  expect(() => setLearningRate(optimizer, 0.1)).toThrow(error);
  expect(optimizer).not.toHaveProperty('learningRate');
});

it('is UNSUPPORTED to set where there is no setter, or one that does nothing', () => {
  class Fixed extends Rateless {
    get learningRate() {
      return 0.1;
    }
  }
  class Deaf extends Fixed {
    setLearningRate() {}
  }
  for (const optimizer of [new Fixed(), new Deaf()]) {
    expect(getLearningRate(optimizer)).toBe(0.1);
    expect(() => setLearningRate(optimizer, 0.2)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        argument: 'optimizer',
        value: optimizer,
        cause: 'setLearningRate' in optimizer ? undefined : expect.any(TypeError),
        message: `The learningRate of ${optimizer.getClassName()} can be read but not set. To change the rate, use an optimizer that allows both.`,
      }),
    );
    expect(() => setLearningRate(new Deaf(), 0.1)).not.toThrow();
  }
});

it('is set by a setter whose own errors pass', () => {
  class Choosy extends Rateless {
    learningRate = 0.1;
    setLearningRate() {
      throw new RangeError('not today');
    }
  }
  expect(() => setLearningRate(new Choosy(), 0.2)).toThrow(new RangeError('not today'));
});
