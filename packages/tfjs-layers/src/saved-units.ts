import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import {
  activations,
  type LayerDefinition,
  type Periods,
  periods,
  requireRegistered,
} from '@harmonic-mlp/harmonic-layer';
import type { serialization } from '@tensorflow/tfjs-core';

/**
 * The options that recreate a layer's units, as plain JSON: activation and distribution by name, and all numbers.
 *
 * @throws {HarmonicError} `UNSUPPORTED` if another activation or distribution is registered by the name of the layer's.
 */
export function saveUnits(
  { units, activation, hyperparameters, isFirst, useBias, seed }: LayerDefinition,
  { text, distribution }: Periods,
): serialization.ConfigDict {
  requireOwnName('activation', activation, activations);
  if (activation.hasPeriods) requireOwnName('periods', distribution, periods);
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
  requireRegistered(config, `The saved layer ${describeValue(config.name)}`);
  const { activation } = config;
  if (typeof activation !== 'string') return config;
  const hyperparameters = Object.keys(activations[activation].hyperparameters);
  const entries = Object.entries(config).map(([saved, value]) => {
    const name = hyperparameters.find((each) => withoutCase(each) === withoutCase(saved)) ?? saved;
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** tfjs saves both `bellWidth` and `bell_width` as `bell_width`, and loads `bellWidth`. */
const withoutCase = (name: string): string => name.replaceAll('_', '').toLowerCase();

function requireOwnName(
  argument: string,
  entry: { readonly name: string },
  registered: { readonly [name: string]: { readonly name: string } },
): void {
  const { name } = entry;
  if (!Object.hasOwn(registered, name) || registered[name] === entry) return;
  throw new HarmonicError('UNSUPPORTED', {
    argument,
    value: name,
    problem: `The layer's ${argument === 'periods' ? 'period distribution' : argument} has the name of another one, ${describeValue(name)}, with which a saved model would be loaded.`,
    fix: 'Give yours another name.',
  });
}
