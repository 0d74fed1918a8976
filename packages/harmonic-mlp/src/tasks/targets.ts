import { describeValue, HarmonicError, type UsableNumbers } from '@harmonic-mlp/core';
import { Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Examples, UnusableTarget } from '../data';
import type { Task } from './task';

/** A batch whose targets are numbers; the caller disposes the tensors. */
export interface TargetBatch extends Examples {
  /** `[size, outputs]`, float32. */
  readonly targets: Tensor2D;
  /** The weights of the examples in the loss, `[size]`. Default: ones. */
  readonly weights?: Tensor1D;
}

/**
 * A task whose targets are numbers: the form of a batch and its checks are the same for all of these.
 *
 * @param usable the targets that the task takes.
 */
export const targetTask = (
  task: Pick<Task<TargetBatch>, 'name' | 'metrics' | 'loss'>,
  { isUsable, allowed }: UsableNumbers,
): Task<TargetBatch> => ({
  ...task,
  requireData(argument, data, outputSize) {
    // Not every data set tells the width of its targets.
    const { outputSize: width } = data as { outputSize?: unknown };
    if (width === undefined || width === outputSize) return;
    throw new HarmonicError('INVALID_SHAPE', {
      argument,
      value: data,
      allowed: `targets [size, ${outputSize}]`,
      problem: `The data set's targets are ${width} wide, but the model has ${outputSize} outputs.`,
      fix: `Make the model with outputs ${width}.`,
    });
  },
  describeBatch: (inputSize) =>
    `{ inputs, targets, size }: a tensor [size, ${inputSize}], a float32 tensor [size, outputs], and the number of examples`,
  faultOf({ inputs, targets }) {
    if (!(targets instanceof Tensor)) return `has targets that are ${describeValue(targets)}`;
    const [shape, targetShape]: number[][] = [inputs!.shape, targets.shape];
    if (targetShape.length !== 2 || targetShape[0] !== shape[0])
      return `has targets of shape [${targetShape}] for inputs of shape [${shape}]`;
    return targets.dtype === 'float32' ? undefined : `has targets of ${targets.dtype}`;
  },
  async findUnusable({ targets }): Promise<UnusableTarget | undefined> {
    const width = targets.shape[1];
    const values = await targets.data<'float32'>();
    const at = values.findIndex((value) => !isUsable(value));
    if (at < 0) return undefined;
    const what = width === 1 ? 'target' : `target ${at % width}`;
    return { field: 'targets', what, row: Math.floor(at / width), value: values[at], allowed };
  },
});
