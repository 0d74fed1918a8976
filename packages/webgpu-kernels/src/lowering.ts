import type { DataType } from '@tensorflow/tfjs-core';
import type { Shader } from './shader';

/** The shape and the type of a tensor. */
export interface TensorForm {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/**
 * Where products keep the parts of their operands that they multiply: in memory that a workgroup shares, or each invocation in its
 * registers.
 */
export type TilePlace = 'workgroup' | 'registers';

/** What an operation is given. */
export interface Given<A = never> {
  readonly inputs: { readonly [name: string]: TensorForm };
  readonly attributes: A;
  /** Where products keep what they multiply. */
  readonly tiles: TilePlace;
  /** How many outputs are wanted, if not all. */
  readonly results?: number;
}

/** A buffer of an operation: of an input, an output, or for the time of the operation. */
export type BufferUse =
  | { readonly input: string }
  | { readonly output: number }
  | { readonly temporary: number }
  /** Several inputs, which are in one buffer; only in programs. */
  | { readonly inputsIn: readonly string[] };

/** An execution of a shader. */
export interface Dispatch {
  readonly shader: Shader;
  /** What it reads and writes, in the shader's order. */
  readonly buffers: readonly BufferUse[];
  /** The parameters, by name. */
  readonly parameters: { readonly [name: string]: number };
  readonly groups: readonly [x: number, y: number];
  /** Parameters that are the places of inputs in the buffer that they are in. Default: none. */
  readonly places?: { readonly [parameter: string]: string };
}

/** An operation as dispatches. */
export interface Lowered {
  readonly outputs: readonly TensorForm[];
  readonly dispatches: readonly Dispatch[];
  /** How many values each temporary buffer has. Default: none. */
  readonly temporaries?: readonly number[];
}

/** The parameters that follow from attributes that may change from one execution to the next, in all its dispatches. */
export type Changing<A = never> = (attributes: A) => { readonly [parameter: string]: number };

/** How an operation is computed. */
export type Lowering<A = never> = (given: Given<A>) => Lowered;

export const float = (shape: readonly number[]): TensorForm => ({ shape, dtype: 'float32' });

export const sizeOf = ({ shape }: Pick<TensorForm, 'shape'>): number => shape.reduce((a, b) => a * b, 1);

export const input = (name: string): BufferUse => ({ input: name });

export const output = (place: number): BufferUse => ({ output: place });

export const temporary = (place: number): BufferUse => ({ temporary: place });
