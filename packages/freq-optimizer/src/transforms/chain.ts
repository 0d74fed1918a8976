import { HarmonicError } from '@harmonic-mlp/core';
import type { Variable } from '@tensorflow/tfjs-core';
import { type ParameterState, runAll, type Transform } from './transform';

interface Chain extends Transform {
  /** Its transforms, with those of nested chains in their place. */
  readonly transforms: readonly Transform[];
}

/**
 * Applies transforms in order: each receives the updates of the one before.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a transform; at a step, if two of them use state slots
 *   with the same name.
 * @example
 * ```ts
 * const optimizer = asOptimizer(chain(clipByGlobalNorm(1), scaleByAdam()), { learningRate: 1e-3 });
 * optimizer.minimize(loss);
 * ```
 */
export function chain(...transforms: Transform[]): Transform {
  const all = transforms.flatMap((transform, i) =>
    transformsOf(requireTransform(`transforms[${i}]`, transform)),
  );
  return {
    name: 'chain',
    settings: { transforms: all.map(({ name, settings }) => ({ name, settings })) },
    transforms: all,
    init: (parameter: Variable) => initAll(all, parameter),
    update: (updates) => [...runAll(all, updates)],
    dispose: () => {
      for (const transform of all) transform.dispose?.();
    },
  } satisfies Chain as Transform;
}

/** The transforms of a chain, or a single transform in a list. */
export const transformsOf = (transform: Transform): readonly Transform[] =>
  (transform as Partial<Chain>).transforms ?? [transform];

/** Checks that a value is a {@link Transform}, and returns it. */
export function requireTransform(argument: string, value: unknown): Transform {
  const { name, settings, update } = (value ?? {}) as Partial<Record<keyof Transform, unknown>>;
  if (typeof name === 'string' && typeof settings === 'object' && typeof update === 'function') {
    return value as Transform;
  }
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument,
    value,
    allowed: 'a transform, such as scaleByAdam()',
  });
}

function initAll(transforms: readonly Transform[], parameter: Variable): ParameterState {
  const states: ParameterState = {};
  for (const transform of transforms) {
    const state = transform.init?.(parameter) ?? {};
    for (const slot of Object.keys(state)) {
      if (!Object.hasOwn(states, slot)) continue;
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'transforms',
        value: transforms,
        problem: `Two transforms of the chain keep "${slot}" in their state; ${transform.name} is the second.`,
        fix: 'Use one of them.',
      });
    }
    Object.assign(states, state);
  }
  return states;
}
