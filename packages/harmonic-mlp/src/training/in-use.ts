import { HarmonicError } from '@harmonic-mlp/core';

/** The models, optimizers, schedules, and callbacks of runs that have not ended. */
const inUse = new WeakSet<object>();

/**
 * Claims the parts of a run until the returned function is called.
 *
 * @throws {HarmonicError} `IN_USE`, before anything is claimed, if another run is using one of them.
 */
export function claim(
  model: object,
  optimizer: object,
  schedule: object | undefined,
  callbacks: readonly object[] = [],
): () => void {
  const parts: [name: string, part: object | undefined][] = [
    ['model', model],
    ['optimizer', optimizer],
    ['optimizer', (optimizer as { base?: object }).base],
    ['schedule', schedule],
    ...callbacks.map((callback) => ['callback', callback] as [string, object]),
  ];
  const taken = parts.flatMap(([, part]) => part ?? []);
  for (const [name, part] of parts) {
    if (!part || !inUse.has(part)) continue;
    throw new HarmonicError('IN_USE', {
      argument: name,
      value: part,
      problem: `The ${name} is in use by another run that has not ended.`,
      fix: `Await the first run before this one, or give this one another ${name}.`,
    });
  }
  for (const part of taken) inUse.add(part);
  return () => {
    for (const part of taken) inUse.delete(part);
  };
}

/** The last change of a model's weights: if it differs later, a run has changed them in the meantime. */
export type LastChange = object | undefined;

const changes = new WeakMap<object, LastChange>();

/** Notes a change of a model's weights, for {@link lastChangeOf}. */
export function noteChange(model: object): void {
  changes.set(model, {});
}

/** The last change of a model's weights by a run, if there was one. */
export const lastChangeOf = (model: object): LastChange => changes.get(model);
