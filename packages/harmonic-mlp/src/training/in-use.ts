import { HarmonicError } from '@harmonic-mlp/core';

/** What runs that have not ended work with. */
const inUse = new WeakSet<object>();

/**
 * Takes the parts of a run, until the function that it gives is called.
 *
 * @throws {HarmonicError} `IN_USE`, before anything is taken, when another run has one of them.
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

/** By this, who looks at a model for long sees whether runs have changed its weights meanwhile. */
export type LastChange = object | undefined;

const changes = new WeakMap<object, LastChange>();

/** Notes a change of a model's weights, for {@link lastChangeOf}. */
export function noteChange(model: object): void {
  changes.set(model, {});
}

/** The last change of a model's weights by a run, if there was one. */
export const lastChangeOf = (model: object): LastChange => changes.get(model);
