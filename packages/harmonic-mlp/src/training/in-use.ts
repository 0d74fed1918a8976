import { HarmonicError } from '@harmonic-mlp/core';

/** The models, optimizers, and schedules of runs that have not ended. */
const inUse = new WeakSet<object>();

/**
 * Claims the parts of a run until the returned function is called.
 *
 * @throws {HarmonicError} `IN_USE`, before anything is claimed, if another run is using one of them.
 */
export function claim(model: object, optimizer: object, schedule: object | null): () => void {
  const parts: [name: string, part: object | null | undefined][] = [
    ['model', model],
    ['optimizer', optimizer],
    ['optimizer', (optimizer as { base?: object }).base],
    ['schedule', schedule],
  ];
  const taken = parts.flatMap(([, part]) => part ?? []);
  for (const [name, part] of parts) {
    if (!part || !inUse.has(part)) continue;
    throw new HarmonicError('IN_USE', {
      argument: name,
      value: part,
      problem: `The ${name} is in use by another fit that has not ended.`,
      fix: `Await the first fit before this one, or give this one another ${name}.`,
    });
  }
  for (const part of taken) inUse.add(part);
  return () => {
    for (const part of taken) inUse.delete(part);
  };
}

/** How often runs have changed each model's weights. */
const changes = new WeakMap<object, number>();

/** Counts a change of a model's weights, for {@link changesOf}. */
export function noteChange(model: object): void {
  changes.set(model, changesOf(model) + 1);
}

/** The number of changes so far: if it differs later, the model has changed in the meantime. */
export const changesOf = (model: object): number => changes.get(model) ?? 0;
