import '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  dispose,
  engine,
  env,
  type KernelBackend,
  registerBackend,
  removeBackend,
  setBackend,
  tensor,
  tidy,
  train,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  Adam,
  asOptimizer,
  byGroup,
  clipByValue,
  FrequencyAwareOptimizer,
  floatPrecision,
  requireEpsilon,
  scaleByAdam,
} from '.';
import { defaultEpsilon } from './transforms';

/** React Native's backend, as far as these functions can tell: the cpu backend under its name. */
const phone = 'rn-webgl';

// There is no backend only before the first test.
const withoutBackend = floatPrecision();

beforeAll(async () => {
  await setBackend('cpu');
  const cpu = engine().findBackend('cpu') as KernelBackend;
  registerBackend(phone, () => Object.create(cpu, { dispose: { value: () => {} } }));
  copyRegisteredKernels('cpu', phone);
});

const startPhone = async (hasFloat32: boolean) => {
  env().registerFlag('WEBGL_RENDER_FLOAT32_ENABLED', () => hasFloat32);
  env().set('WEBGL_RENDER_FLOAT32_ENABLED', hasFloat32);
  expect(await setBackend(phone)).toBe(true);
};

afterEach(() => setBackend('cpu'));

it('is 32 bits without a backend, on the cpu, and on a WebGL whose flags are not known', async () => {
  expect(withoutBackend).toBe(32);
  expect(floatPrecision()).toBe(32);
  await setBackend(phone);
  expect(floatPrecision()).toBe(32);
});

it('is what WebGL can draw into', async () => {
  await startPhone(true);
  expect([floatPrecision(), defaultEpsilon()]).toEqual([32, 1e-8]);
  await startPhone(false);
  expect([floatPrecision(), defaultEpsilon()]).toEqual([16, 1e-4]);
  await setBackend('cpu');
  expect([floatPrecision(), defaultEpsilon()]).toEqual([32, 1e-8]);
});

describe('Adam with 16-bit floats', () => {
  const step = (optimizer: Adam | FrequencyAwareOptimizer, weight: Variable) =>
    tidy(() => optimizer.applyGradients({ [weight.name]: tensor([0]) }));

  it('takes an ε that is not 0 there, whenever it was made', async () => {
    const early = new Adam();
    expect(early.epsilon).toBe(1e-8);
    await startPhone(false);
    expect([early.epsilon, early.getConfig().epsilon]).toEqual([1e-4, 1e-4]);
    expect(new Adam({ epsilon: 1e-3 }).epsilon).toBe(1e-3);
    expect(requireEpsilon(2 ** -14)).toBe(2 ** -14);
  });

  it.each([1e-8, 1e-5, 0])('refuses an ε of %d at a step, before anything moves', async (epsilon) => {
    await startPhone(false);
    const weight = tidy(() => variable(tensor([1])));
    for (const optimizer of [new Adam({ epsilon }), new FrequencyAwareOptimizer(new Adam({ epsilon }), [])]) {
      expect(() => step(optimizer, weight)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          argument: 'epsilon',
          value: epsilon,
          message: `epsilon is ${epsilon}; it must be at least ${2 ** -14} with the 16-bit floats of this rn-webgl backend. Leave it out to use 0.0001, or use another backend.`,
        }),
      );
      expect(optimizer.iterations).toBe(0);
      expect(optimizer.saveState({ weight }).values).toEqual({});
    }
    weight.dispose();
  });

  it('refuses an ε of one group before another group moves', async () => {
    await startPhone(false);
    const weights = [0, 1].map(() => tidy(() => variable(tensor([1]))));
    const optimizer = asOptimizer(
      byGroup({ plain: clipByValue(1), adam: scaleByAdam({ epsilon: 1e-8 }) }, ({ name }) =>
        name === weights[0].name ? 'plain' : 'adam',
      ),
      { learningRate: 1 },
    );
    const step = () => optimizer.applyGradients(weights.map(({ name }) => ({ name, tensor: tensor([1]) })));
    expect(() => tidy(step)).toThrow(expect.objectContaining({ argument: 'epsilon', value: 1e-8 }));
    expect(weights.map((weight) => [...weight.dataSync()])).toEqual([[1], [1]]);
    dispose(weights);
  });

  it('is made of the configuration that one with the default ε had elsewhere', async () => {
    const saved = new Adam().getConfig();
    expect(saved.epsilon).toBe(1e-8);
    const other = new Adam({ epsilon: 1e-7 }).getConfig();
    await startPhone(false);
    const again = (config: object) => Adam.fromConfig(Adam as never, config as never) as unknown as Adam;
    expect(again(saved).epsilon).toBe(1e-4);
    expect(again(other).epsilon).toBe(1e-7);
    expect(again(saved).learningRate).toBe(1e-3);
  });
});

it('counts how often its state was given up', () => {
  const base = new Adam();
  const optimizer = new FrequencyAwareOptimizer(base, []);
  expect([base.disposals, optimizer.disposals]).toEqual([0, 0]);
  optimizer.dispose();
  expect([base.disposals, optimizer.disposals]).toEqual([1, 1]);
  base.dispose();
  expect(optimizer.disposals).toBe(2);
  expect(new FrequencyAwareOptimizer(train.sgd(0.1), []).disposals).toBe(0);
  removeBackend(phone);
});
