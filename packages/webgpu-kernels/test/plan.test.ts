import { adamStep, reluGradient } from '@harmonic-mlp/core';
import type { Program } from '@harmonic-mlp/core/program';
import { expect, it } from 'vitest';
import { operationKernels } from '../src/operations';
import { fused } from '../src/program/fuse';
import { homesOf, type Plan, planOf } from '../src/program/plan';

const attributes = {
  ...{ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  ...{ weightDecay: 0, weightDecayMode: 'l2', step: 1 },
};
const kernels = new Map(operationKernels.map((kernel) => [kernel.operation.kernelName, kernel]));

/** The plan of a program that makes a gradient for each of some parameters, and takes a step of Adam with each. */
function planFor(...shapes: number[][]): Plan {
  const values: { shape: number[]; dtype: 'float32' }[] = [];
  const use = (shape: number[]) => ({ value: values.push({ shape, dtype: 'float32' }) - 1, shape });
  const inputs: Record<string, number> = {};
  const states: Record<string, { before: number; after: number }> = {};
  const gradients = shapes.map((shape, i) => {
    const [dy, y, dx] = [use(shape), use(shape), use(shape)];
    inputs[`dy${i}`] = dy.value;
    inputs[`y${i}`] = y.value;
    return { kernel: reluGradient.kernelName, inputs: { dy, y }, outputs: [dx], attributes: {} };
  });
  const steps = shapes.map((shape, i) => {
    const names = ['parameter', 'firstMoment', 'secondMoment'];
    const before = names.map(() => use(shape));
    const after = names.map(() => use(shape));
    names.forEach((name, k) => {
      states[`${name}${i}`] = { before: before[k].value, after: after[k].value };
    });
    const given = Object.fromEntries(names.map((name, k) => [name, before[k]]));
    return {
      kernel: adamStep.kernelName,
      inputs: { ...given, gradient: gradients[i].outputs[0] },
      outputs: after,
      attributes,
    };
  });
  const nothing = { outputs: [], constants: [], literals: [], dynamic: [] };
  const program: Program = { ...nothing, values, calls: [...gradients, ...steps], inputs, states };
  const { homes } = homesOf(program);
  const calls = fused(program, kernels, homes);
  if ('obstacle' in calls) throw new Error(calls.obstacle);
  return planOf(program, calls, { tiles: 'workgroup', homes });
}

const steps = ({ dispatches }: Plan) => dispatches.filter(({ shader }) => /adam/i.test(shader.name));
const sizes = ({ forms }: Plan) => forms.map(({ shape }) => shape.reduce((size, length) => size * length, 1));

it('takes the steps of two parameters at once, with both gradients in one buffer', () => {
  const plan = planFor([10, 7], [10, 7], [3, 2], [4, 4], [5, 1]);
  expect(steps(plan)).toHaveLength(3);
  // The parts of a buffer, in numbers, begin at multiples of 256 bytes.
  expect([...plan.parts.values()].map(({ first }) => first)).toEqual([0, 128, 0, 64]);
  const [first, second] = steps(plan);
  expect(first.reads).not.toEqual(second.reads);
});

it('binds no more than every device can: 128 MiB', () => {
  const plan = planFor([5000, 5000], [5000, 5000], [8, 8], [8, 8]);
  expect(Math.max(...sizes(plan))).toBeLessThanOrEqual(2 ** 25);
  // The first one alone, the second with the third, and the fourth alone.
  expect(steps(plan)).toHaveLength(3);
  const most = planFor([4096, 4096], [4096, 4096]);
  expect(steps(most)).toHaveLength(1);
  expect(Math.max(...sizes(most))).toBe(2 ** 25);
});
