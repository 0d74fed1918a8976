import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { UnusableTarget } from '../data';

/** What is wrong with the width of a data set's targets, if it tells it. */
export function widthFault(
  data: object,
  outputSize: number,
): { allowed: string; problem: string; fix: string } | undefined {
  const { outputSize: width } = data as { outputSize?: unknown };
  if (width === undefined || width === outputSize) return undefined;
  return {
    allowed: `targets [size, ${outputSize}]`,
    problem: `The data set's targets are ${width} wide, but the model has ${outputSize} outputs.`,
    fix: `Make the model with outputs ${width}.`,
  };
}

/** What is wrong with the shape or type of a batch's targets, in words that follow "A batch of the data set". */
export function targetFault(inputs: Tensor, targets: Tensor): string | undefined {
  const [examples] = inputs.shape;
  if (targets.rank !== 2 || targets.shape[0] !== examples)
    return `has targets of shape [${targets.shape}] for inputs of shape [${inputs.shape}]`;
  return targets.dtype === 'float32' ? undefined : `has targets of ${targets.dtype}`;
}

/** Looks for a target that is not usable. */
export async function unusableTarget(
  targets: Tensor2D,
  isUsable: (value: number) => boolean,
  allowed: string,
): Promise<UnusableTarget | undefined> {
  const width = targets.shape[1];
  const values = await targets.data<'float32'>();
  const at = values.findIndex((value) => !isUsable(value));
  if (at < 0) return undefined;
  const what = width === 1 ? 'target' : `target ${at % width}`;
  return { field: 'targets', what, row: Math.floor(at / width), value: values[at], allowed };
}
