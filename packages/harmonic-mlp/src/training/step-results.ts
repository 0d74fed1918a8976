import { dispose } from '@tensorflow/tfjs-core';
import type { StepResult } from './captured-batches';
import { grouped, read } from './read';

/** The values of the loss and of each metric of a step. */
type StepValues = readonly (Float32Array | number[])[];

/** The values of the loss and of each metric of steps, in order; disposes the results. */
export async function readResults(results: readonly StepResult[]): Promise<StepValues[]> {
  try {
    const tensors = results.flatMap((result) =>
      'outputs' in result ? [] : [result.loss, ...result.metrics],
    );
    const values = tensors.length === 0 ? [] : [...grouped(await read(tensors), tensors)];
    const groups: StepValues[] = [];
    let first = 0;
    for (const result of results) {
      if ('outputs' in result) {
        const { outputs } = result;
        groups.push(outputs instanceof Promise ? await outputs : outputs);
      } else {
        const count = 1 + result.metrics.length;
        groups.push(values.slice(first, first + count));
        first += count;
      }
    }
    return groups;
  } finally {
    disposeResults(results);
  }
}

/** Disposes the tensors of results. */
export function disposeResults(results: readonly StepResult[]): void {
  for (const result of results) if (!('outputs' in result)) dispose([result.loss, ...result.metrics]);
}
