import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExecutionScalars, Program } from './program';

/** What runs programs on a backend. */
export interface ProgramExecutor {
  /** Its name, such as that of its package. */
  readonly name: string;
  /**
   * Prepares a program.
   *
   * @param constants the tensors of the program's constants, which stay as long as the compiled program.
   * @returns why it cannot, such as a kernel that it does not have, if so.
   */
  compile(program: Program, constants: readonly Tensor[]): CompiledProgram | { readonly obstacle: string };
  /** Copies a tensor's data, if that takes less than an operation; undefined if it cannot. */
  copy?(tensor: Tensor): Tensor | undefined;
  /** The most threads of which each has a processor's core; 1 if there can be no others. Default: 1. */
  readonly mostThreads?: number;
  /**
   * An executor whose programs are divided among threads, with the same bits, or why there is none. Those of the states, inputs,
   * and constants that its programs use may have their data elsewhere until somebody asks for them.
   *
   * @param threads how many, the calling one included.
   * @throws {HarmonicError} `THREAD_LOST` if one cannot be started.
   */
  withThreads?(threads: number): Promise<ThreadedExecutor | { readonly obstacle: string }>;
}

/** An executor with threads, which end when it is disposed, as its programs do. */
export interface ThreadedExecutor extends ProgramExecutor {
  /** Ends the threads. */
  dispose(): void;
}

/** A program that is ready to run. */
export interface CompiledProgram {
  /** Whether it can still run: not if its backend or its kernels have been removed. */
  readonly isCurrent: boolean;
  /**
   * Says what the program reads and changes, for all executions until the next call.
   *
   * @param tensors by the names of the program's inputs and states; inputs that are left out are in its own memory. Variables may
   *   be assigned other values between two executions.
   */
  bind(tensors: { readonly [name: string]: Tensor }): void;
  /** Memory of the program in which an input can be written, instead of binding a tensor; valid until its next execution. */
  memoryOf(input: string): Float32Array | Int32Array;
  /**
   * Has inputs be rows of tensors, until the next {@link bind}, if the program can gather rows itself.
   *
   * @param sources the tensors, by the names of inputs: the rows of each have the shape of the input's.
   * @returns what is told the numbers of the rows before each execution; undefined if it cannot.
   */
  gatherFrom?(sources: { readonly [input: string]: Tensor }): ((rows: Int32Array) => void) | undefined;
  /**
   * The names of bound states whose data other tensors have too: they would change with them, so give each data of its own before
   * an execution.
   */
  shared(): string[];
  /**
   * Executes the program once. States are changed in place: afterward, the same tensors, or variables, have the new values.
   *
   * @returns the outputs, in order.
   * @throws {HarmonicError} `THREAD_LOST` if a thread that it needs has ended; states may have been changed in part.
   */
  execute(scalars: ExecutionScalars): ProgramOutputs;
  /** Frees its memory. */
  dispose(): void;
}

/** The outputs of one execution. */
export type ProgramOutputs = readonly Float32Array[] | Promise<readonly Float32Array[]>;

/** Shared by all copies of this package in a program, such as ESM and CJS. */
const key = Symbol.for('@harmonic-mlp/core executors');

const shared = globalThis as { [key]?: Map<string, ProgramExecutor> };
shared[key] ??= new Map();
const executors = shared[key];

/** Lets programs run on a backend with an executor, in place of an earlier one; undefined for none. */
export function setExecutor(backendName: string, executor: ProgramExecutor | undefined): void {
  if (executor === undefined) executors.delete(backendName);
  else executors.set(backendName, executor);
}

/** The executor of a backend, if it has one. */
export const executorOf = (backendName: string): ProgramExecutor | undefined => executors.get(backendName);
