import { HarmonicError, requireOneOf } from '@harmonic-mlp/core';
import type { Variable } from '@tensorflow/tfjs-core';
import { requireTransform } from './chain';
import type { Fusible, Plan } from './fusible';
import { planOf } from './plan';
import { type ParameterUpdate, runAll, type Transform } from './transform';

type Updates = readonly ParameterUpdate[];

/**
 * Applies a different transform to each group of parameters, such as one for the hidden layers' matrices and one for the rest.
 * A transform that combines parameters, like `clipByGlobalNorm`, combines those of its group.
 *
 * @param groups the transforms by group name.
 * @param groupOf returns the name of a parameter's group, always the same one for the same parameter.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a transform; at a step, for an unknown group.
 * @example
 * ```ts
 * const matrices = chain(momentum({ nesterov: true }), scaleByLearningRate(20));
 * const groups = { matrices, rest: scaleByAdam() };
 * const groupOf = ({ rank }: tf.Variable) => (rank === 2 ? 'matrices' : 'rest');
 * const optimizer = asOptimizer(byGroup(groups, groupOf), { learningRate: 1e-3 });
 * optimizer.minimize(loss);
 * ```
 */
export function byGroup(
  groups: Readonly<Record<string, Transform>>,
  groupOf: (parameter: Variable) => string,
): Transform {
  const example = 'byGroup({ matrices: momentum(), rest: scaleByAdam() }, groupOf)';
  if (typeof groups !== 'object' || groups === null) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'groups',
      value: groups,
      allowed: `an object of transforms, as in ${example}`,
    });
  }
  if (typeof groupOf !== 'function') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'groupOf',
      value: groupOf,
      allowed: "a function that returns the name of a parameter's group",
    });
  }
  const transforms = Object.entries(groups);
  for (const [name, transform] of transforms) requireTransform(`groups.${name}`, transform);
  const nameOf = (parameter: Variable) => requireOneOf('group', groupOf(parameter), Object.keys(groups));

  const eachGroup = (updates: Updates, run: (name: string, members: Updates) => Updates) => {
    const next = [...updates];
    const names = updates.map(({ parameter }) => nameOf(parameter));
    for (const [name] of transforms) {
      const places = names.flatMap((each, i) => (each === name ? [i] : []));
      const members = run(
        name,
        places.map((i) => updates[i]),
      );
      for (const [i, place] of places.entries()) next[place] = members[i];
    }
    return next;
  };

  return {
    name: 'byGroup',
    settings: {
      groups: Object.fromEntries(
        transforms.map(([group, { name, settings }]) => [group, { name, settings }]),
      ),
    },
    init: (parameter) => groups[nameOf(parameter)].init?.(parameter) ?? {},
    update: (updates) => eachGroup(updates, (name, members) => groups[name].update(members)),
    dispose() {
      for (const [, transform] of transforms) transform.dispose?.();
    },
    fuse(before, after) {
      if (after.length > 0) return undefined;
      const plans: Record<string, Plan> = {};
      for (const [name, transform] of transforms) plans[name] = planOf(transform);
      return {
        prepare: (updates) =>
          eachGroup(runAll(before, updates), (name, members) => plans[name].prepare(members)),
        apply: (update, learningRate) => plans[nameOf(update.parameter)].apply(update, learningRate),
      };
    },
  } satisfies Fusible as Transform;
}
