import { util } from '@tensorflow/tfjs-core';
import type { Program } from './program';

/** Where the values of a program are in one piece of memory. */
export interface MemoryPlan {
  /** The offset in bytes of each planned value, by place. */
  readonly offsets: ReadonlyMap<number, number>;
  /** The size of the memory in bytes. */
  readonly bytes: number;
}

/** When the data of a value must be intact. */
export interface Lifetime {
  /** The first call; −1 is before all of them. */
  readonly first: number;
  /** The last call; the number of calls is after all of them. */
  readonly last: number;
}

/** Every value starts at a multiple of this many bytes, those of a vector of four. */
const alignment = 16;

/**
 * The lifetime of each value of a program: from the call that computes it to the last one that reads it. What is given is there
 * from the start; literals, outputs, and what a state becomes are there at the end too.
 */
export function lifetimesOf({
  values,
  calls,
  inputs,
  states,
  constants,
  literals,
  outputs,
}: Program): Lifetime[] {
  const lifetimes = values.map(() => ({ first: -1, last: -1 }));
  calls.forEach((call, i) => {
    for (const { value } of Object.values(call.inputs)) lifetimes[value].last = i;
    for (const { value } of call.outputs) lifetimes[value] = { first: i, last: i };
  });
  const lasting = [
    ...constants,
    ...literals.map(({ value }) => value),
    ...outputs,
    ...Object.values(states).map(({ after }) => after),
  ];
  for (const value of lasting) lifetimes[value].last = calls.length;
  for (const value of [
    ...Object.values(inputs),
    ...Object.values(states).flatMap(({ before }) => before ?? []),
  ])
    lifetimes[value].last = Math.max(lifetimes[value].last, 0);
  return lifetimes;
}

/**
 * Places values so that those that are never needed at the same time can share memory: the largest first, each at the lowest
 * offset that is free for its lifetime (greedy by size; Pisarchyk and Lee, 2020).
 *
 * @param chosen the values to place, by their places in the program.
 */
export function planMemory(program: Program, chosen: Iterable<number>): MemoryPlan {
  const lifetimes = lifetimesOf(program);
  const bytesOf = (value: number) => {
    const { shape, dtype } = program.values[value];
    return Math.max(1, util.sizeFromShape([...shape])) * util.bytesPerElement(dtype);
  };
  const placed: { first: number; last: number; from: number; to: number }[] = [];
  const offsets = new Map<number, number>();
  for (const value of [...chosen].sort((a, b) => bytesOf(b) - bytesOf(a) || a - b)) {
    const { first, last } = lifetimes[value];
    const size = Math.ceil(bytesOf(value) / alignment) * alignment;
    const neighbors = placed
      .filter((other) => other.first <= last && first <= other.last)
      .sort((a, b) => a.from - b.from);
    let from = 0;
    for (const other of neighbors) {
      if (from + size <= other.from) break;
      from = Math.max(from, other.to);
    }
    offsets.set(value, from);
    placed.push({ first, last, from, to: from + size });
  }
  return { offsets, bytes: placed.reduce((most, { to }) => Math.max(most, to), 0) };
}
