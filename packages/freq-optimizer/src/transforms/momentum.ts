import { HarmonicError, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { add, mul, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import type { Transform } from './transform';

/** Settings of {@link momentum}. */
export interface MomentumOptions {
  /** μ, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Whether to use Nesterov's form. Default false. */
  nesterov?: boolean;
}

/**
 * Adds a decaying sum of the earlier updates (momentum), as `torch.optim.SGD` does:
 *
 * ```
 * m ← μ·m + u        u ← m        (u ← u + μ·m with Nesterov)
 * ```
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds or with an unknown name.
 */
export function momentum(options?: MomentumOptions): Transform {
  const { momentum: decay = 0.9, nesterov = false } = requireOptions(
    'options',
    options,
    'momentum({ momentum: 0.9 })',
    { momentum: true, nesterov: true },
  );
  requireNumber('momentum', decay, { min: 0, below: 1 });
  if (typeof nesterov !== 'boolean') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'nesterov',
      value: nesterov,
      allowed: 'true or false',
    });
  }
  return {
    name: 'momentum',
    settings: { momentum: decay, nesterov },
    init: (parameter) => ({ momentum: zerosLike(parameter) }),
    update: (updates) =>
      updates.map(({ parameter, update, state }) => {
        const next = add(mul(state.momentum as Tensor, decay), update);
        return {
          parameter,
          update: nesterov ? add(update, mul(next, decay)) : next,
          state: { ...state, momentum: next },
        };
      }),
  };
}
