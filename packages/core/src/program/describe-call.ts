import type { ProgramCall } from './program';

/** A call in words: `Sum of [16,3]`. */
export function describeCall({ kernel, inputs }: Pick<ProgramCall, 'kernel' | 'inputs'>): string {
  const shapes = Object.values(inputs).map(({ shape }) => `[${shape}]`);
  return shapes.length === 0 ? kernel : `${kernel} of ${shapes.join(' and ')}`;
}
