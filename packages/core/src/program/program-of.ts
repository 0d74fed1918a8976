import type { Tensor } from '@tensorflow/tfjs-core';
import type { DynamicAttribute, DynamicSource, LiteralData, Program, StateValues } from './program';
import type { Origin, Recording, SeenAttribute } from './record-step';

/** A program with the tensors of its constants, or why two recordings have none in common. */
export type ProgramOutcome =
  | { readonly program: Program; readonly constants: readonly Tensor[] }
  | { readonly obstacle: string };

/**
 * The program of which two recordings are executions: what is the same in both is constant, and what differs must be known to.
 *
 * @param second the later recording, whose tensors the constants are.
 */
export function programOf(first: Recording, second: Recording): ProgramOutcome {
  try {
    return commonOf(first, second);
  } catch (error) {
    if (error instanceof Obstacle) return { obstacle: error.message };
    throw error;
  }
}

/** Why two recordings are not executions of one program. */
class Obstacle extends Error {}

function refuse(why: string): never {
  throw new Obstacle(why);
}

function commonOf(first: Recording, second: Recording): ProgramOutcome {
  if (first.calls.length !== second.calls.length) refuse('its operations change from step to step');
  second.calls.forEach((call, i) => {
    const other = first.calls[i];
    if (call.kernel !== other.kernel) refuse('its operations change from step to step');
    if (!isSame([call.inputs, call.outputs], [other.inputs, other.outputs]))
      refuse(`${call.kernel} is given something else from step to step`);
    const dynamic = second.dynamic.flatMap((each) => (each.call === i ? each.attribute : []));
    for (const [name, value] of Object.entries(call.attributes)) {
      if (!dynamic.includes(name) && !isSame(value, other.attributes[name]))
        refuse(`${name} of ${call.kernel} changes from step to step`);
    }
  });
  if (!isSame([first.outputs, first.after], [second.outputs, second.after]))
    refuse('what it changes is not the same from step to step');
  const other = second.outputs.find((value) => second.values[value].dtype !== 'float32');
  if (other !== undefined) refuse(`it returns a tensor of ${second.values[other].dtype}`);

  const inputs: Record<string, number> = {};
  const before: Record<string, number> = {};
  const literals: { value: number; data: LiteralData }[] = [];
  const constants: { value: number; tensor: Tensor }[] = [];
  for (const [value, origin] of second.origins) {
    requireSameOrigin(first.origins.get(value), origin);
    if (origin.kind === 'input') inputs[origin.name] = value;
    else if (origin.kind === 'literal') literals.push({ value, data: origin.data });
    else if (origin.kind === 'constant') constants.push({ value, tensor: origin.tensor });
    else if (Object.hasOwn(second.after, origin.name)) before[origin.name] = value;
    // What is a state by name only stays as it is until somebody else changes it: it is read anew at each execution.
    else inputs[origin.name] = value;
  }
  const states = Object.entries(second.after).map(([name, after]): [string, StateValues] => [
    name,
    { before: before[name], after },
  ]);
  return {
    program: {
      values: second.values,
      calls: second.calls,
      inputs,
      states: Object.fromEntries(states),
      constants: constants.map(({ value }) => value),
      literals,
      outputs: second.outputs,
      dynamic: second.dynamic.map((each, i) => dynamicOf(each, [first, second], i)),
    },
    constants: constants.map(({ tensor }) => tensor),
  };
}

function requireSameOrigin(first: Origin | undefined, second: Origin): void {
  const kind = (origin: Origin | undefined) => [origin?.kind, (origin as { name?: string })?.name];
  if (!isSame(kind(first), kind(second))) refuse('it is given something else from step to step');
  if (second.kind === 'literal' && !isSame(second.data, (first as typeof second).data))
    refuse('it is given other numbers from step to step');
  if (second.kind === 'constant' && (first as typeof second).tensor.dataId !== second.tensor.dataId)
    refuse('it is given another tensor from step to step');
}

/** Where a dynamic attribute comes from. */
function dynamicOf(
  { call, attribute, seen }: SeenAttribute,
  [first, second]: readonly [Recording, Recording],
  i: number,
): DynamicAttribute {
  const earlier = first.dynamic[i].seen;
  const name = `${attribute} of ${second.calls[call].kernel}`;
  if (Array.isArray(seen)) {
    if (!isSame(seen, earlier)) refuse(`${name} changes from step to step`);
    return { call, attribute, source: { kind: 'key', path: seen } };
  }
  if (typeof seen !== 'number' || typeof earlier !== 'number')
    return refuse(`${name} does not come from what the step is given`);
  // Another number may follow the same course for a while, as the rate of a warm-up follows the count of steps.
  if (!Object.hasOwn(second.numbers, attribute))
    return refuse(`${name} does not come from what the step is given`);
  const source = relation([first.numbers[attribute], earlier], [second.numbers[attribute], seen]);
  if (source === undefined) return refuse(`${name} does not come from what the step is given`);
  return { call, attribute, source: { kind: 'number', name: attribute, ...source } };
}

type Relation = Omit<Extract<DynamicSource, { kind: 'number' }>, 'kind' | 'name'>;

/** How the second number of both pairs follows from the first one: it is equal, or counts along with it, or is a multiple. */
function relation([x0, y0]: readonly number[], [x1, y1]: readonly number[]): Relation | undefined {
  // Zero is every multiple of zero.
  if (x0 === 0 && x1 === 0) return undefined;
  if (x0 === y0 && x1 === y1) return { factor: 1, offset: 0 };
  const counts = [x0, y0, x1, y1].every(Number.isInteger) && x0 !== x1;
  if (counts && y1 - x1 === y0 - x0) return { factor: 1, offset: y1 - x1 };
  // The decimal number that somebody wrote, without the rounding of the division.
  const factor = Number((y1 / x1).toPrecision(15));
  return x0 * factor === y0 && x1 * factor === y1 ? { factor, offset: 0 } : undefined;
}

/** Whether two pieces of plain data are equal; NaN equals NaN. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
