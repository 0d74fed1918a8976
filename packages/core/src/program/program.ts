import type { DataType } from '@tensorflow/tfjs-core';

/**
 * A recorded step as plain data: which operations run on what. All shapes are static, and nothing in it belongs to a backend, so
 * an executor for any device can compile it.
 */
export interface Program {
  /** All values, which calls and the other fields refer to by their places in this list. */
  readonly values: readonly ProgramValue[];
  /** The operations, in order. */
  readonly calls: readonly ProgramCall[];
  /** The values that are given at each execution, such as a batch's, by name. */
  readonly inputs: { readonly [name: string]: number };
  /** The values that an execution changes for the next one, such as the parameters, by name. */
  readonly states: { readonly [name: string]: StateValues };
  /** Values that are the same at each execution, and are tensors outside: their places, in the order of the recording's tensors. */
  readonly constants: readonly number[];
  /** Values that are the same at each execution, and are part of the program. */
  readonly literals: readonly { readonly value: number; readonly data: LiteralData }[];
  /** The values that an execution returns. */
  readonly outputs: readonly number[];
  /** The attributes that have other values at each execution. */
  readonly dynamic: readonly DynamicAttribute[];
}

/** A value of a program. */
export interface ProgramValue {
  /** Its shape; a use of it may have another one of the same size. */
  readonly shape: readonly number[];
  /** Its type. */
  readonly dtype: DataType;
}

/** An operation of a program. */
export interface ProgramCall {
  /** The name of the kernel: that of an operation of this package, `HarmonicMLP.Dense`, or of tfjs, `Add`. */
  readonly kernel: string;
  /** Its inputs, by name. */
  readonly inputs: { readonly [name: string]: ValueUse };
  /** Its outputs, in order. */
  readonly outputs: readonly ValueUse[];
  /** Its attributes; dynamic ones have the values of the recording. */
  readonly attributes: { readonly [name: string]: unknown };
}

/** A value as an operation sees it. */
export interface ValueUse {
  /** The place of the value. */
  readonly value: number;
  /** The shape that the operation sees. */
  readonly shape: readonly number[];
}

/** The two values of something that an execution changes. */
export interface StateValues {
  /** What the execution finds; undefined if it only writes. */
  readonly before: number | undefined;
  /** What it leaves. */
  readonly after: number;
}

/** The data of a literal. */
export type LiteralData = Float32Array | Int32Array | Uint8Array;

/** An attribute whose value is another one at each execution. */
export interface DynamicAttribute {
  /** The place of the call. */
  readonly call: number;
  /** The name of the attribute. */
  readonly attribute: string;
  /** Where its value comes from. */
  readonly source: DynamicSource;
}

/** Where the value of a dynamic attribute comes from. */
export type DynamicSource =
  /** The key of the execution, with the data of these `foldIn` folded in, in order. */
  | { readonly kind: 'key'; readonly path: readonly (number | string)[] }
  /** A number of the execution, by name: `factor·number + offset`. */
  | { readonly kind: 'number'; readonly name: string; readonly factor: number; readonly offset: number };

/** What is given to an execution besides tensors. */
export interface ExecutionScalars {
  /** The random stream of the execution. */
  readonly key: readonly [number, number];
  /** Numbers by name, such as the learning rate. */
  readonly numbers: { readonly [name: string]: number };
}
