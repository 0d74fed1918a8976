import {
  add,
  customGrad,
  dispose,
  type GradSaveFunc,
  memory,
  mul,
  Optimizer,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  train,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture } from '../../../test/support/fixtures';
import { applyByPath, type ByPath, handMadeLoss, valuesOf, variablesOf } from '../test/variables';
import { Adam, type AdamOptions } from './adam';
import { isSavable, type OptimizerState } from './optimizer-state';

interface AdamCase extends Required<Omit<AdamOptions, 'weightDecayMode'>> {
  name: string;
  decay: 'coupled' | 'decoupled';
  parameters: ByPath<FixtureTensor>;
  gradients: ByPath<FixtureTensor>[];
  steps: Record<'parameters' | 'firstMoments' | 'secondMoments', ByPath<FixtureTensor>>[];
}
const { cases } = readFixture<{ cases: AdamCase[] }>('adam');

function adamOf({ decay, learningRate, beta1, beta2, epsilon, weightDecay }: AdamCase): Adam {
  const weightDecayMode = decay === 'coupled' ? 'l2' : 'decoupled';
  return new Adam({ learningRate, beta1, beta2, epsilon, weightDecay, weightDecayMode });
}

function disposeAll(...owners: (Adam | ByPath<Variable>)[]): void {
  for (const owner of owners) {
    if (owner instanceof Optimizer) owner.dispose();
    else dispose(owner);
  }
}

/** A state as a file would store it: values only. */
const frozen = async ({ tensors, values }: OptimizerState) => ({
  tensors: await valuesOf(tensors),
  values: JSON.parse(JSON.stringify(values)) as ByPath<number>,
});

function loadFrozen(
  optimizer: Adam,
  variables: ByPath<Variable>,
  { tensors, values }: Awaited<ReturnType<typeof frozen>>,
) {
  tidy(() =>
    optimizer.loadState(variables, {
      tensors: Object.fromEntries(
        Object.entries(tensors).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
      ),
      values,
    }),
  );
}

// The case whose state matters most: the two kinds of decay act through the moments or outside them.
const strong = cases.find(({ name }) => name === 'coupled decay, strong') as AdamCase;

describeOnEachBackend('Adam', (backend) => {
  it.each(cases)('equals PyTorch: $name', async (fixture) => {
    const variables = variablesOf(fixture.parameters);
    const optimizer = adamOf(fixture);
    for (const [i, { parameters, firstMoments, secondMoments }] of fixture.steps.entries()) {
      applyByPath(optimizer, variables, fixture.gradients[i]);
      const { tensors, values } = await frozen(optimizer.saveState(variables));
      const weights = await valuesOf(variables);
      for (const path of ['a', 'b']) {
        const label = `${path} after step ${i + 1}`;
        expectAllClose(weights[path], parameters[path], {}, label);
        expectAllClose(tensors[`${path}/first_moment`], firstMoments[path], {}, `first moment of ${label}`);
        expectAllClose(
          tensors[`${path}/second_moment`],
          secondMoments[path],
          {},
          `second moment of ${label}`,
        );
        expect(values[`${path}/step`]).toBe(i + 1);
      }
    }
    expect(optimizer.iterations).toBe(5);
    disposeAll(optimizer, variables);
  });

  it('keeps the state of a variable that gets no gradient in a step', async () => {
    const { gradients, parameters } = strong;
    const variables = variablesOf(parameters);
    const optimizer = adamOf(strong);
    applyByPath(optimizer, variables, gradients[0]);
    const before = await frozen(optimizer.saveState(variables));
    const { b } = await valuesOf(variables);

    applyByPath(optimizer, variables, { a: gradients[1].a });
    const after = await frozen(optimizer.saveState(variables));
    expect((await valuesOf(variables)).b).toEqual(b);
    for (const name of ['b/first_moment', 'b/second_moment']) {
      expect(after.tensors[name]).toEqual(before.tensors[name]);
    }
    expect(after.values).toEqual({ 'a/step': 2, 'b/step': 1 });

    // b continues as if the step had not happened, wherever it is in the list.
    tidy(() => optimizer.applyGradients([{ name: variables.b.name, tensor: tensor(gradients[1].b.data) }]));
    const undisturbed = variablesOf(parameters);
    const other = adamOf(strong);
    for (const step of gradients.slice(0, 2)) applyByPath(other, undisturbed, step);
    expect(await valuesOf(variables)).toEqual(await valuesOf(undisturbed));
    disposeAll(optimizer, variables, other, undisturbed);
  });

  it('takes a list, a map, and holes in either', async () => {
    const { gradients, parameters } = strong;
    const optimizers = [adamOf(strong), adamOf(strong), adamOf(strong)];
    const [first, second, third] = await Promise.all(
      optimizers.map(async (optimizer, i) => {
        const variables = variablesOf(parameters);
        const { a, b } = variables;
        const before = memory().numTensors;
        tidy(() => {
          const [forA, forB] = [gradients[0].a, gradients[0].b].map(({ data, shape }) => tensor(data, shape));
          const none = undefined as never;
          if (i === 0) optimizer.applyGradients({ [a.name]: forA, [b.name]: forB });
          if (i === 1) {
            optimizer.applyGradients([
              { name: b.name, tensor: forB },
              { name: a.name, tensor: forA },
            ]);
          }
          if (i === 2) {
            optimizer.applyGradients({ [a.name]: forA, [b.name]: none });
            optimizer.applyGradients([
              { name: a.name, tensor: none },
              { name: b.name, tensor: forB },
            ]);
          }
          expect(forA.isDisposed || forB.isDisposed, 'the gradients are the caller’s').toBe(false);
        });
        expect(memory().numTensors - before, 'two moments each').toBe(4);
        const values = await valuesOf(variables);
        disposeAll(optimizer, variables);
        return values;
      }),
    );
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('moves the next step by a new learning rate', async () => {
    const variables = variablesOf({ w: { shape: [2], data: [0, 0] } });
    const optimizer = new Adam({ learningRate: 0.5 });
    const gradients = { w: { shape: [2], data: [3, -0.1] } };
    applyByPath(optimizer, variables, gradients);
    // With a constant gradient, every step of Adam is the rate, with the opposite sign of the gradient.
    expectAllClose((await valuesOf(variables)).w.data, [-0.5, 0.5]);
    optimizer.learningRate = 0.125;
    expect(optimizer.learningRate).toBe(0.125);
    applyByPath(optimizer, variables, gradients);
    expectAllClose((await valuesOf(variables)).w.data, [-0.625, 0.625]);
    optimizer.learningRate = 0;
    applyByPath(optimizer, variables, gradients);
    expectAllClose((await valuesOf(variables)).w.data, [-0.625, 0.625]);
    disposeAll(optimizer, variables);
  });

  describe('saved by path', () => {
    it.each([0, 1, 3])(
      'after %i steps, resumes to the bit in other variables of other names',
      async (saved) => {
        const straight = variablesOf(strong.parameters);
        const optimizer = adamOf(strong);
        let weights = await valuesOf(straight);
        let state = await frozen(optimizer.saveState(straight));
        for (const [i, step] of strong.gradients.entries()) {
          if (i === saved) {
            weights = await valuesOf(straight);
            state = await frozen(optimizer.saveState(straight));
          }
          applyByPath(optimizer, straight, step);
        }

        const variables = variablesOf(weights);
        expect(variables.a.name).not.toBe(straight.a.name);
        const resumed = adamOf(strong);
        loadFrozen(resumed, variables, state);
        for (const step of strong.gradients.slice(saved)) applyByPath(resumed, variables, step);
        expect(await valuesOf(variables)).toEqual(await valuesOf(straight));
        expect(await frozen(resumed.saveState(variables))).toEqual(
          await frozen(optimizer.saveState(straight)),
        );
        disposeAll(optimizer, straight, resumed, variables);
      },
    );

    it('copies: neither optimizer sees what the other does', async () => {
      const variables = variablesOf(strong.parameters);
      const copies = variablesOf(strong.parameters);
      const [optimizer, other] = [adamOf(strong), adamOf(strong)];
      applyByPath(optimizer, variables, strong.gradients[0]);
      other.loadState(copies, optimizer.saveState(variables));
      const loaded = await frozen(other.saveState(copies));
      applyByPath(optimizer, variables, strong.gradients[1]);
      expect(await frozen(other.saveState(copies))).toEqual(loaded);
      optimizer.dispose();
      expect(await frozen(other.saveState(copies))).toEqual(loaded);
      disposeAll(variables, other, copies);
    });

    it('replaces the state that was there, without a leak', async () => {
      const variables = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      const fresh = await frozen(optimizer.saveState(variables));
      applyByPath(optimizer, variables, strong.gradients[0]);
      const state = await frozen(optimizer.saveState(variables));
      applyByPath(optimizer, variables, strong.gradients[1]);
      const { numTensors } = memory();
      loadFrozen(optimizer, variables, state);
      expect(memory().numTensors).toBe(numTensors);
      expect(await frozen(optimizer.saveState(variables))).toEqual(state);
      // Includes a state from before the first step.
      loadFrozen(optimizer, variables, fresh);
      expect(await frozen(optimizer.saveState(variables))).toEqual(fresh);
      disposeAll(optimizer, variables);
    });

    it('leaves out variables that have had no gradient', () => {
      const variables = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      expect(optimizer.saveState(variables)).toEqual({ tensors: {}, values: {} });
      applyByPath(optimizer, variables, { b: strong.gradients[0].b });
      const { tensors, values } = optimizer.saveState(variables);
      expect(Object.keys(tensors)).toEqual(['b/first_moment', 'b/second_moment']);
      expect(values).toEqual({ 'b/step': 1 });
      disposeAll(optimizer, variables);
    });

    it.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER])('is refused after %s steps', (step) => {
      const variables = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      const { a } = variables;
      const tensors = { 'a/first_moment': a, 'a/second_moment': a } as unknown as OptimizerState['tensors'];
      expect(() => optimizer.loadState({ a }, { tensors, values: { 'a/step': step } })).toThrow(
        expect.objectContaining({
          code: 'INVALID_DATA',
          argument: 'state.values["a/step"]',
          value: step,
          allowed: `an integer at least 0 and at most ${2 ** 52}`,
        }),
      );
      disposeAll(optimizer, variables);
    });

    it.each<[string, number[] | undefined, string]>([
      ['a moment of another shape', [4, 3], 'a tensor of shape [4,3]'],
      ['a missing moment', undefined, 'undefined'],
    ])('is refused with %s, and nothing is loaded', async (_, shape, value) => {
      const variables = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      applyByPath(optimizer, variables, strong.gradients[0]);
      const before = await frozen(optimizer.saveState(variables));
      const { numTensors } = memory();
      for (const moment of ['first_moment', 'second_moment']) {
        // b is well formed and comes first, so that half of the state could be loaded.
        const { a, b } = variables;
        tidy(() => {
          const tensors = {
            'b/first_moment': tensor([9, 9, 9, 9]),
            'b/second_moment': tensor([9, 9, 9, 9]),
            'a/first_moment': a,
            'a/second_moment': a,
            [`a/${moment}`]: shape && zeros(shape),
          };
          const state = { tensors, values: { 'a/step': 7, 'b/step': 7 } } as OptimizerState;
          expect(() => optimizer.loadState({ b, a }, state)).toThrow(
            expect.objectContaining({
              code: 'INVALID_DATA',
              argument: `state.tensors["a/${moment}"]`,
              message: `state.tensors["a/${moment}"] is ${value}; it must be a tensor of shape [3,4].`,
            }),
          );
        });
      }
      expect(memory().numTensors).toBe(numTensors);
      expect(await frozen(optimizer.saveState(variables))).toEqual(before);
      disposeAll(optimizer, variables);
    });

    it('is what isSavable finds', () => {
      const { saveState, loadState } = Adam.prototype;
      expect(isSavable(new Adam())).toBe(true);
      for (const other of [{}, { saveState }, { loadState }]) expect(isSavable(other)).toBe(false);
    });

    it('may be that of 0 steps', () => {
      const { w } = variablesOf({ w: { shape: [1], data: [0] } });
      const optimizer = new Adam();
      const state = { tensors: { 'w/first_moment': w, 'w/second_moment': w }, values: { 'w/step': 0 } };
      optimizer.loadState({ w }, state);
      expect(optimizer.saveState({ w }).values).toEqual(state.values);
      disposeAll(optimizer, { w });
    });
  });

  describe('saved as tfjs does, by order', () => {
    /** One step with a list, in order; null means a variable without a gradient. */
    const step = (
      optimizer: Adam,
      variables: ByPath<Variable>,
      gradients: ByPath<FixtureTensor | null>,
    ): void =>
      tidy(() =>
        optimizer.applyGradients(
          Object.entries(gradients).map(([path, gradient]) => ({
            name: variables[path].name,
            tensor: gradient === null ? (undefined as never) : tensor(gradient.data, gradient.shape),
          })),
        ),
      );

    it.each([0, 1, 3])('after %i steps, resumes to the bit in other variables', async (saved) => {
      const straight = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      for (const gradients of strong.gradients.slice(0, saved)) step(optimizer, straight, gradients);
      const copies = variablesOf(await valuesOf(straight));
      const resumed = adamOf(strong);
      await resumed.setWeights(await optimizer.getWeights());
      expect(resumed.iterations).toBe(saved);
      for (const gradients of strong.gradients.slice(saved)) {
        step(optimizer, straight, gradients);
        step(resumed, copies, gradients);
      }
      expect(await valuesOf(copies)).toEqual(await valuesOf(straight));
      expect(await frozen(resumed.saveState(copies))).toEqual(await frozen(optimizer.saveState(straight)));
      expect(resumed.iterations).toBe(optimizer.iterations);
      disposeAll(optimizer, straight, resumed, copies);
    });

    it('keeps the place of a variable that has had no gradient', async () => {
      const { a, b } = strong.gradients[0];
      const straight = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      step(optimizer, straight, { a: null, b });
      const weights = await optimizer.getWeights();
      const { name } = straight.b;
      expect(weights.map(({ name }) => name)).toEqual(['iter', 'steps', `${name}/m`, `${name}/v`]);
      expect(Array.from(await weights[1].tensor.data())).toEqual([0, 1]);

      const copies = variablesOf(await valuesOf(straight));
      const resumed = adamOf(strong);
      await resumed.setWeights(weights);
      for (const [each, variables] of [
        [optimizer, straight],
        [resumed, copies],
      ] as const) {
        step(each, variables, { a, b });
      }
      expect(await valuesOf(copies)).toEqual(await valuesOf(straight));
      disposeAll(optimizer, straight, resumed, copies);
    });

    it('copies, replaces the state that was there, and frees all', async () => {
      const variables = variablesOf(strong.parameters);
      const before = memory();
      const [optimizer, other] = [adamOf(strong), adamOf(strong)];
      for (const each of [optimizer, other]) applyByPath(each, variables, strong.gradients[0]);
      const read = (weights: Awaited<ReturnType<Adam['getWeights']>>) =>
        valuesOf(Object.fromEntries(weights.map(({ name, tensor }) => [name, tensor])));
      const saved = await optimizer.getWeights();
      const values = await read(saved);
      const { numTensors } = memory();
      await other.setWeights(saved);
      await optimizer.getWeights();
      expect(memory().numTensors).toBe(numTensors);
      optimizer.dispose();
      expect(await read(await other.getWeights())).toEqual(values);
      other.dispose();
      const { numTensors: tensors, numDataBuffers } = before;
      expect(memory()).toMatchObject({ numTensors: tensors, numDataBuffers });
      disposeAll(variables);
    });

    it('is refused by the step whose variables are others, and nothing moves', async () => {
      const variables = variablesOf(strong.parameters);
      const optimizer = adamOf(strong);
      const [first] = strong.gradients;
      applyByPath(optimizer, variables, first);
      const resumed = adamOf(strong);
      await resumed.setWeights(await optimizer.getWeights());
      const before = await valuesOf(variables);
      const { a, b } = variables;
      const c = tidy(() => variable(tensor([1])));
      const one = { shape: [1], data: [1] };
      const was = `The restored optimizer state belongs to ${a.name} [3,4], ${b.name} [4], but this step is of`;
      for (const [gradients, is, value] of [
        [{ a: first.a }, `${a.name} [3,4].`, [a.name]],
        [{ b: first.b, a: first.a }, `${b.name} [4], ${a.name} [3,4].`, [b.name, a.name]],
        [{ a: first.a, c: one }, `${a.name} [3,4], ${c.name} [1].`, [a.name, c.name]],
        [{ ...first, c: one }, `${a.name} [3,4], ${b.name} [4], ${c.name} [1].`, [a.name, b.name, c.name]],
      ] as const) {
        const all = { ...variables, c };
        expect(() => step(resumed, all, gradients as ByPath<FixtureTensor>)).toThrow(
          expect.objectContaining({
            code: 'INVALID_DATA',
            argument: 'gradients',
            value,
            message: `${was} ${is} Train the variables that were trained when it was saved, in the same order.`,
          }),
        );
      }
      expect(await valuesOf(variables)).toEqual(before);
      applyByPath(resumed, variables, first);
      c.dispose();
      disposeAll(optimizer, resumed, variables);
    });

    it('tells by name which variables it belongs to, as far as they are known', async () => {
      const names = ['idle', 'hidden/means'];
      const variables = names.map((name) => tidy(() => variable(tensor([1]), true, name)));
      const [optimizer, resumed] = [new Adam(), new Adam()];
      const gradients = [undefined as never, tensor([1])];
      optimizer.applyGradients(names.map((name, i) => ({ name, tensor: gradients[i] })));
      await resumed.setWeights(await optimizer.getWeights());
      expect(() => resumed.applyGradients({ idle: gradients[1] })).toThrow(
        'belongs to variable 0, hidden/means [1], but this step is of idle [1].',
      );
      const unknown = [
        { name: 'idle', tensor: gradients[1] },
        { name: 'gone', tensor: gradients[0] },
      ];
      expect(() => resumed.applyGradients(unknown)).toThrow(
        expect.objectContaining({ code: 'INVALID_DATA' }),
      );
      dispose([gradients[1], ...variables]);
      disposeAll(optimizer, resumed);
    });

    it('is refused when it is of another optimizer, and the state stays', async () => {
      const variables = variablesOf(strong.parameters);
      const [optimizer, stock] = [adamOf(strong), train.adam(0.1)];
      for (const each of [optimizer, stock]) applyByPath(each, variables, strong.gradients[0]);
      const before = await frozen(optimizer.saveState(variables));
      const foreign = await stock.getWeights();
      const cut = (await optimizer.getWeights()).slice(0, -1);
      for (const weights of [foreign, cut, []]) {
        await expect(optimizer.setWeights(weights)).rejects.toThrow(
          expect.objectContaining({
            code: 'INVALID_DATA',
            argument: 'weights',
            value: weights.map(({ name }) => name),
            message: `The saved optimizer state (${weights.map(({ name }) => name).join(', ')}) is not that of a HarmonicAdam. Load it into an optimizer of the class that saved it.`,
          }),
        );
      }
      expect(await frozen(optimizer.saveState(variables))).toEqual(before);
      dispose(foreign[0].tensor);
      stock.dispose();
      disposeAll(optimizer, variables);
    });
  });

  describe.skipIf(backend === 'webgpu')('by a loss that dataSync reads, converges', () => {
    it('on a convex quadratic, curvatures from 1 to 100', async () => {
      const { x } = variablesOf({ x: { shape: [3], data: [1, -2, 3] } });
      const curvature = [1, 10, 100];
      const target = [0.5, 0.25, -1];
      const loss = handMadeLoss(
        x,
        (at) => curvature.reduce((sum, c, i) => sum + 0.5 * c * (at[i] - target[i]) ** 2, 0),
        (at) => curvature.map((c, i) => c * (at[i] - target[i])),
      );
      const optimizer = new Adam({ learningRate: 0.1 });
      for (let step = 0; step < 400; step++) optimizer.minimize(loss);
      expectAllClose((await valuesOf({ x })).x.data, target, { relative: 0, absolute: 1e-3 });
      disposeAll(optimizer, { x });
    });

    it('on the Rosenbrock function', async () => {
      const { x } = variablesOf({ x: { shape: [2], data: [-1.2, 1] } });
      const loss = handMadeLoss(
        x,
        ([a, b]) => (1 - a) ** 2 + 100 * (b - a * a) ** 2,
        ([a, b]) => [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)],
      );
      const optimizer = new Adam({ learningRate: 0.2 });
      for (let step = 0; step < 800; step++) optimizer.minimize(loss);
      expectAllClose((await valuesOf({ x })).x.data, [1, 1], { relative: 0, absolute: 1e-2 });
      disposeAll(optimizer, { x });
    });
  });

  /** Σ (a − 1)² + Σ (b − 1)² of two variables. */
  const twoVariableLoss = ({ a, b }: ByPath<Variable>) => {
    const squares = customGrad((x, y, save) => {
      const from1 = [x, y].map((v) => sub(v as Tensor, 1));
      (save as GradSaveFunc)(from1);
      return {
        value: add(sum(square(from1[0])), sum(square(from1[1]))) as Scalar,
        gradFunc: (dy: Scalar, saved: Tensor[]) => saved.map((difference) => mul(dy, mul(difference, 2))),
      };
    });
    return () => squares(a, b) as Scalar;
  };

  it('steps alike by minimize, by a list of variables, and by computeGradients and applyGradients', async () => {
    const results = await Promise.all(
      [0, 1, 2].map(async (way) => {
        const variables = variablesOf(strong.parameters);
        const optimizer = new Adam({ learningRate: 0.1 });
        const loss = twoVariableLoss(variables);
        for (let step = 0; step < 3; step++) {
          if (way === 0) {
            const cost = optimizer.minimize(loss, true);
            expect(cost?.shape).toEqual([]);
            cost?.dispose();
          }
          if (way === 1) optimizer.minimize(loss, false, [variables.b, variables.a]);
          if (way === 2) {
            const { value, grads } = optimizer.computeGradients(loss);
            optimizer.applyGradients(grads);
            for (const tensor of [value, ...Object.values(grads)]) tensor.dispose();
          }
        }
        const values = await valuesOf(variables);
        disposeAll(optimizer, variables);
        return values;
      }),
    );
    expect(results[0]).not.toEqual(valuesOfFixture(strong.parameters));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('leaves variables alone that are not on minimize’s list', async () => {
    const variables = variablesOf(strong.parameters);
    const { a } = await valuesOf(variables);
    const optimizer = new Adam({ weightDecay: 0.1 });
    optimizer.minimize(twoVariableLoss(variables), false, [variables.b]);
    expect((await valuesOf(variables)).a).toEqual(a);
    expect(Object.keys(optimizer.saveState(variables).values)).toEqual(['b/step']);
    disposeAll(optimizer, variables);
  });

  it('keeps its state through tidy', async () => {
    const [outside, inside] = [variablesOf(strong.parameters), variablesOf(strong.parameters)];
    const [plain, tidied] = [adamOf(strong), adamOf(strong)];
    for (let step = 0; step < 3; step++) {
      plain.minimize(twoVariableLoss(outside));
      tidy(() => {
        tidied.minimize(twoVariableLoss(inside));
      });
    }
    expect(await valuesOf(inside)).toEqual(await valuesOf(outside));
    expect(await frozen(tidied.saveState(inside))).toEqual(await frozen(plain.saveState(outside)));
    disposeAll(plain, tidied, outside, inside);
  });

  it('holds two moments for each variable, and frees them all', () => {
    const variables = variablesOf(strong.parameters);
    const before = memory();
    const optimizer = adamOf(strong);
    expect(memory().numTensors).toBe(before.numTensors);
    for (const step of strong.gradients) {
      applyByPath(optimizer, variables, step);
      expect(memory().numTensors).toBe(before.numTensors + 4);
    }
    optimizer.dispose();
    optimizer.dispose();
    expect(memory().numTensors).toBe(before.numTensors);
    expect(memory().numDataBuffers).toBe(before.numDataBuffers);

    // A disposed optimizer starts over.
    applyByPath(optimizer, variables, strong.gradients[0]);
    expect(optimizer.saveState(variables).values).toEqual({ 'a/step': 1, 'b/step': 1 });
    disposeAll(optimizer, variables);
  });

  it('refuses a gradient for what is no variable', () => {
    const { w } = variablesOf({ w: { shape: [1], data: [0] } });
    w.dispose();
    const optimizer = new Adam();
    const gradient = tensor([1]);
    expect(() => optimizer.applyGradients({ [w.name]: gradient })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        argument: 'gradients',
        value: w.name,
        message: `There is a gradient for "${w.name}", but no tf.Variable with that name; it may have been disposed.`,
      }),
    );
    gradient.dispose();
  });
});

/** A fixture's values, rounded to float32. */
function valuesOfFixture(tensors: ByPath<FixtureTensor>): ByPath<FixtureTensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([path, { shape, data }]) => [path, { shape, data: data.map(Math.fround) }]),
  );
}

describe('options', () => {
  it('default to PyTorch’s, and are the configuration', () => {
    const defaults = {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      weightDecayMode: 'l2',
    };
    const optimizer = new Adam();
    expect(optimizer.getConfig()).toEqual(defaults);
    optimizer.learningRate = 0.5;
    expect(optimizer.getConfig()).toEqual({ ...defaults, learningRate: 0.5 });
    expect(new Adam(optimizer.getConfig()).getConfig()).toEqual(optimizer.getConfig());
    expect(optimizer.getClassName()).toBe('HarmonicAdam');
  });

  it('refuse a bad learning rate later, and keep the old one', () => {
    const optimizer = new Adam({ learningRate: 0.1 });
    expect(() => {
      optimizer.learningRate = -1;
    }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(optimizer.learningRate).toBe(0.1);
  });
});
