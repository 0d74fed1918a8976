import { type AdamStepAttributes, type AdamStepInputs, adamStep, adamStepFactors } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { type FixtureTensor, readFixture } from '../../../../test/support/fixtures';
import { read, type SuiteTolerances, size, uniform, type Values, withTensors } from '../check';
import { adamReference } from '../reference';

type Group = Record<'a' | 'b', FixtureTensor>;
interface Fixture {
  cases: ({ name: string; decay: 'coupled' | 'decoupled'; parameters: Group; gradients: Group[] } & Pick<
    AdamStepAttributes,
    'learningRate' | 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'
  > & { steps: Record<'parameters' | 'firstMoments' | 'secondMoments', Group>[] })[];
}

type Inputs = Record<'parameter' | 'gradient' | 'firstMoment' | 'secondMoment', Values> & {
  gradientScale?: Values;
};
const run = (inputs: Inputs, attributes: AdamStepAttributes) =>
  withTensors(inputs as Record<keyof Inputs, Values>, (tensors) =>
    read(() => adamStep(tensors as AdamStepInputs, attributes)),
  );

const settings: AdamStepAttributes = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  weightDecayMode: 'l2',
  step: 1,
};

const random = (shape: number[]): Inputs => ({
  parameter: uniform(61, shape),
  gradient: uniform(62, shape),
  firstMoment: uniform(63, shape, -0.1, 0.1),
  secondMoment: uniform(64, shape, 0.01, 0.1),
});

export function adamSuite(tolerances: SuiteTolerances): void {
  describe('adamStep', () => {
    it.each(readFixture<Fixture>('adam').cases)('is PyTorch’s in five steps: $name', async (fixture) => {
      const { decay, parameters, gradients, steps, name: _, ...numbers } = fixture;
      for (const name of ['a', 'b'] as const) {
        let parameter: Values = parameters[name];
        let firstMoment: Values = { shape: parameter.shape, data: Array(size(parameter.shape)).fill(0) };
        let secondMoment = firstMoment;
        for (const [i, expected] of steps.entries()) {
          [parameter, firstMoment, secondMoment] = await run(
            { parameter, gradient: gradients[i][name], firstMoment, secondMoment },
            { ...numbers, weightDecayMode: decay === 'coupled' ? 'l2' : 'decoupled', step: i + 1 },
          );
          const label = `${name} after step ${i + 1}`;
          expectAllClose(parameter, expected.parameters[name], tolerances.results, label);
          expectAllClose(firstMoment, expected.firstMoments[name], tolerances.results, `m of ${label}`);
          expectAllClose(secondMoment, expected.secondMoments[name], tolerances.results, `v of ${label}`);
        }
      }
    });

    it.each<[number[], Partial<AdamStepAttributes>]>([
      [[], {}],
      [[1], { weightDecay: 0.1, step: 3 }],
      [[7], { weightDecay: 0.1, weightDecayMode: 'decoupled', step: 2 }],
      [[5, 3], { weightDecayMode: 'decoupled' }],
      [[9, 33], { weightDecay: 0.5, beta1: 0, beta2: 0.9 }],
      [[2, 3, 4], { epsilon: 0.1, step: 100000 }],
    ])('moves a parameter of shape %j with %j', async (shape, changes) => {
      const inputs = random(shape);
      const attributes = { ...settings, ...changes };
      const { parameter, gradient, firstMoment, secondMoment } = inputs;
      const expected = parameter.data.map((value, i) =>
        adamReference(
          {
            parameter: value,
            gradient: gradient.data[i],
            firstMoment: firstMoment.data[i],
            secondMoment: secondMoment.data[i],
          },
          attributes,
        ),
      );
      for (const [k, result] of (await run(inputs, attributes)).entries()) {
        const data = expected.map((numbers) => numbers[k]);
        expectAllClose(result, { shape, data }, tolerances.results, ['w', 'm', 'v'][k]);
        // The update alone: added to the parameter, it would disappear within the tolerance.
        if (k === 0) {
          const moved = (values: number[]) => values.map((value, i) => value - parameter.data[i]);
          expectAllClose(moved(result.data), moved(data), { relative: 1e-4, absolute: 1.2e-7 }, 'step');
        }
      }
    });

    it('moves by the learning rate at the first step, whatever the gradient', async () => {
      const zeros = { shape: [3], data: [0, 0, 0] };
      const gradient = { shape: [3], data: [1e-3, -1, 1000] };
      const [w] = await run(
        { parameter: zeros, gradient, firstMoment: zeros, secondMoment: zeros },
        settings,
      );
      expectAllClose(w, [-0.01, 0.01, -0.01], { relative: 2e-5 });
    });

    it('stays where it is without gradient, moments and decay', async () => {
      const zeros = { shape: [2], data: [0, 0] };
      const parameter = { shape: [2], data: [1.5, -2] };
      const [w] = await run(
        { parameter, gradient: zeros, firstMoment: zeros, secondMoment: zeros },
        settings,
      );
      expect(w).toEqual(parameter);
    });

    it.each([[[6]], [[5, 3]], [[4, 9]], [[2, 3, 5]]])(
      'multiplies a gradient of shape %j by the scale of each unit first',
      async (shape) => {
        const { gradient, ...inputs } = random(shape);
        const scale = uniform(9, shape.slice(-1));
        const scaled = gradient.data.map(
          (g, i) => Math.fround(g) * Math.fround(scale.data[i % scale.data.length]),
        );
        const attributes: AdamStepAttributes = { ...settings, weightDecay: 0.1 };
        const expected = await run({ ...inputs, gradient: { shape, data: scaled } }, attributes);
        expect(await run({ ...inputs, gradient, gradientScale: scale }, attributes)).toEqual(expected);
      },
    );

    it.each<[Partial<AdamStepAttributes>, number[]]>([
      [{ step: 1 }, [0.01 / 0.1, 1 / Math.sqrt(0.001), 1]],
      [{ step: 2, weightDecay: 0.5 }, [0.01 / 0.19, 1 / Math.sqrt(0.001999), 1]],
      [{ step: 1e6, beta2: 0.99, weightDecay: 0.5, weightDecayMode: 'decoupled' }, [0.01, 1, 0.995]],
    ])('has these factors with %j', (changes, expected) => {
      const { stepSize, rootCorrection, shrinkage } = adamStepFactors({ ...settings, ...changes });
      expectAllClose([stepSize, rootCorrection, shrinkage], expected, { relative: 1e-12 });
    });

    it('passes NaN on, to its own element only', async () => {
      const inputs = random([3]);
      const gradient = { shape: [3], data: [1, Number.NaN, 1] };
      for (const { data } of await run({ ...inputs, gradient }, settings)) {
        expect(data.map(Number.isNaN)).toEqual([false, true, false]);
      }
    });

    it.each(['gradient', 'firstMoment', 'secondMoment'] as const)(
      'refuses %s of another shape',
      async (name) => {
        await expect(run({ ...random([2, 3]), [name]: uniform(1, [3]) }, settings)).rejects.toThrow(
          expect.objectContaining({
            code: 'INVALID_SHAPE',
            argument: name,
            allowed: 'a tensor of shape [2, 3], since parameter has shape [2,3]',
          }),
        );
      },
    );

    it.each([
      [[2, 3], 'a tensor of shape [3], since parameter has shape [2,3]'],
      [[], 'omitted, since the parameter is a scalar'],
    ])('refuses scales that are not one for each unit of shape %j', async (shape, allowed) => {
      await expect(run({ ...random(shape), gradientScale: uniform(1, [2]) }, settings)).rejects.toThrow(
        expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'gradientScale', allowed }),
      );
    });

    it.each<[string, unknown]>([
      ['learningRate', Number.NaN],
      ['beta1', 1],
      ['beta2', -0.1],
      ['epsilon', -1],
      ['weightDecay', undefined],
      ['weightDecayMode', 'coupled'],
      ['step', 0],
      ['nesterov', true],
    ])('refuses %s of %j', async (argument, value) => {
      await expect(run(random([3]), { ...settings, [argument]: value })).rejects.toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
      );
    });
  });
}
