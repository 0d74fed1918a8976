import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { activations, type LayerDefinition, type Periods, periods } from '@harmonic-mlp/harmonic-layer';
import type { serialization } from '@tensorflow/tfjs-core';

interface Kind {
  readonly argument: string;
  readonly title: string;
  readonly registered: { readonly [name: string]: { readonly name: string } };
  readonly register: string;
}

const activationKind: Kind = {
  argument: 'activation',
  title: 'activation',
  registered: activations,
  register: 'registerActivation',
};
const periodsKind: Kind = {
  argument: 'periods',
  title: 'period distribution',
  registered: periods,
  register: 'registerPeriods',
};

/**
 * The options that recreate a layer's units, as plain JSON: activation and distribution by name, and all numbers.
 *
 * @throws {HarmonicError} `UNSUPPORTED` if another activation or distribution is registered by the name of the layer's.
 */
export function saveUnits(
  { units, activation, hyperparameters, isFirst, useBias, seed }: LayerDefinition,
  { text, distribution }: Periods,
): serialization.ConfigDict {
  requireOwnName(activationKind, activation);
  if (activation.hasPeriods) requireOwnName(periodsKind, distribution);
  return {
    units,
    activation: activation.name,
    ...hyperparameters,
    ...(activation.hasPeriods && { periods: text }),
    isFirst,
    useBias,
    seed: typeof seed === 'number' ? seed : [...seed],
  };
}

/**
 * The options that {@link saveUnits} returned, as they come back from a file; those of earlier files, which name no activation, as
 * they are.
 *
 * @throws {HarmonicError} `INVALID_DATA` for an activation or distribution that this program has not registered.
 */
export function loadUnits(config: serialization.ConfigDict): serialization.ConfigDict {
  const { activation, periods, name: layer } = config;
  if (typeof periods === 'string' && !periods.startsWith('list:'))
    requireRegistered(periodsKind, periods.split(':')[0], layer);
  if (typeof activation !== 'string') return config;
  requireRegistered(activationKind, activation, layer);
  const hyperparameters = Object.keys(activations[activation].hyperparameters);
  const entries = Object.entries(config).map(([saved, value]) => {
    const name = hyperparameters.find((each) => withoutCase(each) === withoutCase(saved)) ?? saved;
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** tfjs saves both `bellWidth` and `bell_width` as `bell_width`, and loads `bellWidth`. */
const withoutCase = (name: string): string => name.replaceAll('_', '').toLowerCase();

function requireOwnName({ argument, title, registered }: Kind, entry: { readonly name: string }): void {
  const { name } = entry;
  if (!Object.hasOwn(registered, name) || registered[name] === entry) return;
  throw new HarmonicError('UNSUPPORTED', {
    argument,
    value: name,
    problem: `The layer's ${title} has the name of another one, ${describeValue(name)}, with which a saved model would be loaded.`,
    fix: 'Give yours another name.',
  });
}

function requireRegistered(
  { argument, title, registered, register }: Kind,
  name: string,
  layer: unknown,
): void {
  if (Object.hasOwn(registered, name)) return;
  const names = Object.keys(registered).map((each) => JSON.stringify(each));
  throw new HarmonicError('INVALID_DATA', {
    argument,
    value: name,
    allowed: `one of ${names.join(', ')}`,
    problem: `The saved layer ${describeValue(layer)} has the ${title} ${describeValue(name)}, which is not registered.`,
    fix: `Register it before loading, with ${register} of @harmonic-mlp/harmonic-layer.`,
  });
}
