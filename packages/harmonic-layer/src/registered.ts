import { describeValue, HarmonicError } from '@harmonic-mlp/core';
import { activations } from './activations';
import { periods } from './periods';

const kinds = {
  activation: { title: 'activation', table: activations, register: 'registerActivation' },
  periods: { title: 'period distribution', table: periods, register: 'registerPeriods' },
} as const;

/** What a file has saved of a layer's units. */
export interface SavedUnits {
  /** The name of the activation. */
  readonly activation?: unknown;
  /** The periods, as a text. */
  readonly periods?: unknown;
}

/**
 * Checks that the activation and the period distribution in a file are registered; what is not a text is for the reader of its
 * configuration to refuse.
 *
 * @param where what has them: `The model file`.
 * @param place the path of both in the file, for the error: `config.`.
 * @throws {HarmonicError} `INVALID_DATA`, with the name, those that are registered, and how to register it.
 */
export function requireRegistered(
  { activation, periods: text }: SavedUnits,
  where: string,
  place = '',
): void {
  require('activation', activation);
  const name = typeof text === 'string' ? text.split(':')[0] : undefined;
  if (name !== 'list') require('periods', name);

  function require(kind: keyof typeof kinds, name: unknown): void {
    const { title, table, register } = kinds[kind];
    if (typeof name !== 'string' || Object.hasOwn(table, name)) return;
    throw new HarmonicError('INVALID_DATA', {
      argument: place + kind,
      value: name,
      allowed: `one of ${Object.keys(table).map(describeValue).join(', ')}`,
      problem: `${where} has the ${title} ${describeValue(name)}, which is not registered.`,
      fix: `Register it before loading, with ${register} of @harmonic-mlp/harmonic-layer.`,
    });
  }
}
