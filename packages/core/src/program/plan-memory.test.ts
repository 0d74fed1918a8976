import { describe, expect, it } from 'vitest';
import { foldIn, type RandomKey, randomKey, randomUniform } from '../random';
import { type Program, type ProgramCall, planMemory } from '.';

/** A random program of calls that read earlier values. */
function randomProgram(key: RandomKey): Program {
  let drawn = 0;
  const numbers = randomUniform(key, 4000);
  const integer = (below: number) => Math.floor(numbers[drawn++] * below);
  const values = [{ shape: [4], dtype: 'float32' as const }];
  const calls: ProgramCall[] = [];
  for (let i = 0; i < 2 + integer(30); i++) {
    const inputs = Array.from({ length: 1 + integer(3) }, (_, k) => [
      `i${k}`,
      { value: integer(values.length), shape: [] },
    ]);
    const outputs = Array.from({ length: 1 + integer(2) }, () => {
      values.push({ shape: [1 + integer(40)], dtype: 'float32' });
      return { value: values.length - 1, shape: [] };
    });
    calls.push({ kernel: 'Any', inputs: Object.fromEntries(inputs), outputs, attributes: {} });
  }
  const outputs = [values.length - 1, integer(values.length)];
  return { values, calls, inputs: { x: 0 }, states: {}, constants: [], literals: [], outputs, dynamic: [] };
}

/** Executes a program in planned memory: each call reads its inputs and fills its outputs; returns the first value that was lost. */
function firstLoss({ values, calls, outputs }: Program, { offsets, bytes }: ReturnType<typeof planMemory>) {
  const memory = new Int32Array(bytes / 4).fill(-1);
  const cells = (value: number) =>
    memory.subarray(offsets.get(value)! / 4, offsets.get(value)! / 4 + values[value].shape[0]);
  const isIntact = (value: number) => cells(value).every((cell) => cell === value);
  cells(0).fill(0);
  for (const call of calls) {
    const read = Object.values(call.inputs).map(({ value }) => value);
    // Outputs are written while inputs are still read.
    for (const { value } of call.outputs) cells(value).fill(value);
    const lost = [...read, ...call.outputs.map(({ value }) => value)].find((value) => !isIntact(value));
    if (lost !== undefined) return lost;
  }
  return outputs.find((value) => !isIntact(value));
}

describe('planMemory', () => {
  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'loses nothing that is still needed (seed %i)',
    (seed) => {
      const program = randomProgram(foldIn(randomKey(seed), 'program'));
      const plan = planMemory(program, program.values.keys());
      expect(firstLoss(program, plan)).toBeUndefined();
      for (const offset of plan.offsets.values()) expect(offset % 16).toBe(0);
    },
  );

  it('reuses the memory of what is not needed any more', () => {
    const chain = (length: number): Program => ({
      values: Array.from({ length: length + 1 }, () => ({ shape: [100], dtype: 'float32' })),
      calls: Array.from({ length }, (_, i) => ({
        kernel: 'Any',
        inputs: { x: { value: i, shape: [100] } },
        outputs: [{ value: i + 1, shape: [100] }],
        attributes: {},
      })),
      inputs: { x: 0 },
      states: {},
      constants: [],
      literals: [],
      outputs: [length],
      dynamic: [],
    });
    expect(planMemory(chain(10), chain(10).values.keys()).bytes).toBe(800);
  });

  it('keeps literals, outputs, and what states become', () => {
    const program = randomProgram(randomKey(3));
    const literal = { value: program.values.length, data: new Float32Array(4) };
    const values = [...program.values, { shape: [4], dtype: 'float32' as const }];
    const plan = planMemory({ ...program, values, literals: [literal] }, values.keys());
    const [from, to] = [plan.offsets.get(literal.value)!, plan.offsets.get(literal.value)! + 16];
    for (const [value, offset] of plan.offsets) {
      if (value === literal.value) continue;
      const end = offset + 16 * Math.ceil(values[value].shape[0] / 4);
      expect(end <= from || offset >= to).toBe(true);
    }
  });
});
