import { HarmonicError } from '@harmonic-mlp/core';
import type { Variable } from '@tensorflow/tfjs-core';
import { type ParameterState, runAll, type Transform } from './transform';

/** Transforms one after the other. */
interface Chain extends Transform {
  /** Those of chains within it, too. */
  readonly transforms: readonly Transform[];
}

/**
 * Transforms one after the other: each takes the updates that the one before it made.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for what is not a transform; at a step, where two keep state of the same name.
 * @example
 * ```ts
 * import { asOptimizer, chain, clipByGlobalNorm, scaleByAdam } from '@harmonic-mlp/freq-optimizer';
 *
 * const optimizer = asOptimizer(chain(clipByGlobalNorm(1), scaleByAdam()), { learningRate: 1e-3 });
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

/** A chain's transforms; of any other itself. */
export const transformsOf = (transform: Transform): readonly Transform[] =>
  (transform as Partial<Chain>).transforms ?? [transform];

/** Checks that something is a {@link Transform}, and returns it. */
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
        problem: `Two transforms of the chain keep "${slot}" of a parameter, the second being ${transform.name}.`,
        fix: 'Use one of them.',
      });
    }
    Object.assign(states, state);
  }
  return states;
}
