import { HarmonicError } from '@harmonic-mlp/core';
import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** Gradients as tfjs passes them: a list, or an object keyed by the names of the variables. */
export type NamedGradients =
  | { [name: string]: Tensor }
  | {
      /** The variable's name. */
      name: string;
      /** The gradient, of the variable's shape. */
      tensor: Tensor;
    }[];

/** A variable and its gradient. */
export interface VariableGradient {
  variable: Variable;
  gradient: Tensor;
}

/** The gradients as a list in the same order, including its gaps: stock optimizers keep their state by position. */
export function asList(gradients: NamedGradients): { name: string; tensor: Tensor }[] {
  return Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
}

/**
 * Pairs each gradient with its variable; variables without a gradient are omitted.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a gradient whose name no variable has.
 */
export function pairWithVariables(gradients: NamedGradients): VariableGradient[] {
  const variables = engine().registeredVariables;
  return asList(gradients)
    .filter(({ tensor }) => tensor != null)
    .map(({ name, tensor }) => {
      const variable = variables[name];
      if (variable === undefined) {
        throw new HarmonicError('INVALID_ARGUMENT', {
          argument: 'gradients',
          value: name,
          problem: `There is a gradient for "${name}", but no tf.Variable with that name; it may have been disposed.`,
        });
      }
      return { variable, gradient: tensor };
    });
}
