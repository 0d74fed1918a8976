import type { DynamicAttribute, Program, ProgramCall } from './program';

/** Which output may be where which input is, of kernels that read each value before they write it. */
const inPlace: { readonly [kernel: string]: { readonly [input: string]: number } } = {
  'HarmonicMLP.AdamStep': { parameter: 0, firstMoment: 1, secondMoment: 2 },
  'HarmonicMLP.Descend': { parameter: 0 },
  'HarmonicMLP.BatchNorm': { runningMean: 3, runningVariance: 4 },
};

/**
 * Whether what a state becomes can take the memory of what it was: nothing reads that any more, or only the kernel that makes it, which
 * reads first.
 */
export function canTakeOver({ calls }: Program, before: number | undefined, after: number): boolean {
  const made = calls.findIndex((call) => call.outputs.some(({ value }) => value === after));
  if (made < 0) return false;
  return calls.every((call, i) =>
    Object.entries(call.inputs).every(([name, { value }]) => {
      if (value !== before || i < made) return true;
      return i === made && call.outputs[inPlace[call.kernel]?.[name]]?.value === after;
    }),
  );
}

/** The name of a state whose earlier value is wanted after the step, where it has a new one: by another state or as an output. */
export function findOverwritten({ states, outputs }: Program): string | undefined {
  const wanted = [...outputs, ...Object.values(states).map(({ after }) => after)];
  return Object.keys(states).find((name) => {
    const { before, after } = states[name];
    return before !== undefined && before !== after && wanted.includes(before);
  });
}

/** The same for calls of one kernel whose attributes are always the same. */
export function dynamicKey(
  { kernel, attributes }: Pick<ProgramCall, 'kernel' | 'attributes'>,
  sources: readonly DynamicAttribute[],
): string {
  const changing = sources.map(({ attribute, source }) => [attribute, source]);
  const constant = Object.entries(attributes).filter(([name]) =>
    sources.every(({ attribute }) => attribute !== name),
  );
  return JSON.stringify([kernel, constant, changing]);
}
