import '@tensorflow/tfjs-backend-cpu';
import { isDeepStrictEqual } from 'node:util';
import * as core from '@harmonic-mlp/core';
import { ReduceLROnPlateau } from '@harmonic-mlp/freq-optimizer';
import { activations } from '@harmonic-mlp/harmonic-layer';
import { setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  classifier,
  createOptimizer,
  type FitOptions,
  HarmonicMLP,
  type HarmonicMLPOptions,
  type OptimizerOptions,
} from '../src';
import { noisyPatterns } from './small-data';

/** What an operation was called with. */
interface Call {
  name: string;
  shapes: (readonly number[])[];
  attributes: Record<string, unknown>;
}

const operations = Object.values(core)
  .filter((each): each is typeof core.adamStep => typeof each === 'function' && 'kernelName' in each)
  .flatMap((each) => {
    const { gradientOperation } = each as unknown as Partial<typeof core.sine>;
    return [each, ...(gradientOperation ? [gradientOperation as unknown as typeof each] : [])];
  });

/** The attributes that have been seen to change, of each operation that has been called. */
const changed = new Map<string, Set<string>>();
let calls: Call[] = [];

const registry = new core.KernelRegistry({ backend: 'cpu', owner: 'test' });
beforeAll(async () => {
  await setBackend('cpu');
  registry.replace(
    operations.map((operation) =>
      core.kernelFor(operation, (call, earlier) => {
        const shapes = Object.values(call.inputs).map((input) => input!.shape);
        calls.push({ name: operation.kernelName, shapes, attributes: structuredClone({ ...call.attrs }) });
        return earlier(call);
      }),
    ),
  );
});
afterAll(() => registry.restore());

/** The operations of each training step and of each evaluation, in groups of the same tensors. */
async function record(
  model: HarmonicMLPOptions,
  optimizer: OptimizerOptions,
  options: FitOptions,
): Promise<Call[][][]> {
  const data = noisyPatterns({ size: 24 });
  const outputs = model.task === undefined ? { classes: data.classes } : { outputs: 1 };
  const mlp = new HarmonicMLP({ inputSize: data.inputSize, ...outputs, hidden: [6, 6], ...model });
  const values = { inputs: data.inputs, targets: Float32Array.from(data.labels, (label) => label % 2) };
  const adam = createOptimizer(mlp, optimizer);
  const steps: Call[][] = [];
  const evaluations: Call[][] = [];
  const endOf = (executions: Call[][]) => {
    executions.push(calls);
    calls = [];
  };
  calls = [];
  const train = model.task === undefined ? data : (values as never as typeof data);
  await mlp.fit(train, {
    epochs: 3,
    batchSize: 8,
    optimizer: adam,
    // Its second epoch and each one after it is too little of an improvement.
    schedule: new ReduceLROnPlateau(adam, { patience: 0, threshold: 0.99 }),
    validation: model.task === undefined ? noisyPatterns({ size: 16, seed: 6 }) : train,
    ...options,
    callbacks: [
      {
        name: 'start',
        // Before the first one, the model has looked at its batch.
        beforeStep: () => {
          calls = [];
        },
      },
    ],
    onStep: () => endOf(steps),
    onEpoch: () => endOf(evaluations),
  });
  for (const each of [mlp, adam]) each.dispose();
  return [steps, evaluations];
}

describe('two executions of a step in a row', () => {
  it.each<[HarmonicMLPOptions, OptimizerOptions, FitOptions?]>([
    [{}, {}],
    [{ activation: 'relu' }, { scale: 'update' }],
    [{ residual: 0 }, { weightDecay: 0.1, weightDecayMode: 'decoupled' }],
    ...Object.keys(activations).map((activation): [HarmonicMLPOptions, OptimizerOptions] => [
      { activation, omega: 2, scale: 0.5 },
      {},
    ]),
    [{ periods: 'learnable', norm: 'before', noise: 0.1, skipConnections: true }, {}],
    [{ normKind: 'layer', inputNoise: 0.1 }, {}],
    [{ activation: 'harmonic-phase', periods: 'learnable', fourierFeatures: 'positional:2' }, {}],
    [{ activation: 'sine-relu', periods: 'learnable' }, {}],
    [{}, {}, { task: classifier({ labelSmoothing: 0.1 }) }],
    [{ task: 'regression' }, {}],
    [{ task: 'regression', loss: 'absolute' }, {}],
    [{ task: 'regression', loss: 'huber' }, {}],
    [{ task: 'multi-label' }, {}],
    [{}, { optimizer: 'sgd' }],
  ])(
    'call the same operations, with the same attributes but for those that change: %j, %j',
    async (model, optimizer, options = {}) => {
      const groups = await record(model, optimizer, options);
      expect(groups.map(({ length }) => length)).toEqual([9, 3]);
      for (const executions of groups) {
        for (const [i, execution] of executions.entries()) {
          const earlier = executions[Math.max(0, i - 1)];
          const summary = (calls: Call[]) => calls.map(({ name, shapes }) => [name, shapes]);
          expect(summary(execution)).toEqual(summary(earlier));
          for (const [k, { name, attributes }] of execution.entries()) {
            const names = changed.get(name) ?? new Set();
            changed.set(name, names);
            for (const attribute of Object.keys({ ...attributes, ...earlier[k].attributes })) {
              if (!isDeepStrictEqual(attributes[attribute], earlier[k].attributes[attribute]))
                names.add(attribute);
            }
          }
        }
      }
    },
  );

  it('have called every operation, whose dynamic attributes are those that changed', () => {
    // No model trains phases.
    const ofModels = operations.filter((each) => each !== (core.phasedHarmonicPhaseGradient as unknown));
    const declared = ofModels.map(({ kernelName, definition }) => [
      kernelName,
      [...(definition.dynamicAttributes ?? [])].sort(),
    ]);
    const seen = [...changed].map(([name, attributes]) => [name, [...attributes].sort()]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(declared));
  });
});
