import type { LiteralData, Program, ProgramCall, ValueUse } from '@harmonic-mlp/core/program';
import { Cast, OnesLike, util, ZerosLike } from '@tensorflow/tfjs-core';

/** A constant of more values than these is computed anew rather than kept. */
const mostValues = 1024;

/** What a call gives for constant inputs, one for each output. */
export type Evaluate = (call: ProgramCall, constants: ReadonlyMap<number, LiteralData>) => LiteralData[];

/** The calls of a program that have to be made, and the constants that they need. */
export interface SimplifiedProgram {
  readonly calls: readonly ProgramCall[];
  readonly constants: ReadonlyMap<number, LiteralData>;
  /** The value that a value is another name of, or itself. */
  original(place: number): number;
}

/** Leaves out calls that change nothing, whose result is the same each time, or whose result nobody needs. */
export function simplify(program: Program, evaluate: Evaluate): SimplifiedProgram {
  const constants = new Map(program.literals.map(({ value, data }) => [value, data]));
  const originals = new Map<number, number>();
  const original = (place: number) => originals.get(place) ?? place;
  const sizeOf = ({ shape }: ValueUse) => util.sizeFromShape([...shape]);
  const made: ProgramCall[] = [];
  for (const given of program.calls) {
    const uses = Object.entries(given.inputs).map(([name, use]): [string, ValueUse] => [
      name,
      { ...use, value: original(use.value) },
    ]);
    const call = { ...given, inputs: Object.fromEntries(uses) };
    const places = uses.map(([, { value }]) => value);
    const isNeutral = call.kernel === Cast && program.values[places[0]].dtype === call.attributes.dtype;
    // These depend on shapes only.
    const isFilled = call.kernel === ZerosLike || call.kernel === OnesLike;
    const isConstant = isFilled || places.every((place) => constants.has(place));
    const size = call.outputs.reduce((sum, output) => sum + sizeOf(output), 0);
    if (isNeutral) originals.set(call.outputs[0].value, places[0]);
    else if (isConstant && size <= mostValues)
      for (const [i, data] of evaluate(call, constants).entries()) constants.set(call.outputs[i].value, data);
    else made.push(call);
  }
  const needed = new Set(
    [...program.outputs, ...Object.values(program.states).map(({ after }) => after)].map(original),
  );
  const calls = [...made].reverse().filter(({ inputs, outputs }) => {
    const isNeeded = outputs.some(({ value }) => needed.has(value));
    if (isNeeded) for (const { value } of Object.values(inputs)) needed.add(value);
    return isNeeded;
  });
  for (const place of constants.keys()) if (!needed.has(place)) constants.delete(place);
  return { calls: calls.reverse(), constants, original };
}
