import { type Scalar, Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Examples } from '../data';
import { refused } from '../refused';
import { requireMethods } from '../require-methods';
import type { Metric, Task } from './task';

const methods = [
  'loss',
  'requireData',
  'describeBatch',
  'faultOf',
  'findUnusable',
] as const satisfies readonly (keyof Task<Examples>)[];

/**
 * Checks that a value is a task.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else.
 */
export function requireTask<B extends Examples>(task: Task<B>): Task<B> {
  requireMethods('task', task, methods, 'a task, such as classification');
  if (typeof task.name !== 'string' || task.name === '')
    throw refused('task.name', task.name, 'a string that is not empty');
  requireMetrics('task.metrics', task.metrics, []);
  return task;
}

/**
 * Checks a list of metrics.
 *
 * @param argument its name in the error.
 * @param others the metrics whose names are taken.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for anything else, and for a name that is taken.
 */
export function requireMetrics<B extends Examples>(
  argument: string,
  metrics: readonly Metric<B>[],
  others: readonly Metric<B>[],
): void {
  if (!Array.isArray(metrics)) throw refused(argument, metrics, 'a list of { name, sum }');
  const taken = ['loss', ...others.map(({ name }) => name)];
  for (const [i, metric] of metrics.entries()) {
    const { name, sum, result } = Object(metric) as Partial<Metric<B>>;
    const isWhole = typeof sum === 'function' && ['function', 'undefined'].includes(typeof result);
    if (typeof name !== 'string' || taken.includes(name) || !isWhole) {
      const names = taken.map((each) => JSON.stringify(each)).join(', ');
      throw refused(
        `${argument}[${i}]`,
        metric,
        `an object with a function sum(outputs, batch) and a name other than ${names}`,
      );
    }
    taken.push(name);
  }
}

/** The loss of a batch. */
export const lossOf = <B extends Examples>(task: Task<B>, ...given: Parameters<Task<B>['loss']>): Scalar =>
  requireScalar(`${task.name}.loss`, task.loss(...given));

/** The sum of a metric over a batch, or its sums. */
export const sumOf = <B extends Examples>(
  metric: Metric<B>,
  ...given: Parameters<Metric<B>['sum']>
): Scalar | Tensor1D => {
  const value: unknown = metric.sum(...given);
  if (metric.result !== undefined && value instanceof Tensor && value.rank === 1) return value as Tensor1D;
  return requireScalar(`${metric.name}.sum`, value);
};

function requireScalar(name: string, value: unknown): Scalar {
  if (value instanceof Tensor && value.rank === 0) return value as Scalar;
  throw refused(`${name}(outputs, batch)`, value, 'a scalar tensor');
}
