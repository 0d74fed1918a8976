import type { Tensor } from '@tensorflow/tfjs-core';
import type { ScaleOf } from './period-factors';
import type { ParameterState, ParameterUpdate, Transform } from './transform';

/** The next value and state of a parameter, as new tensors. */
export interface Applied {
  readonly value: Tensor;
  readonly state: ParameterState;
}

/** How an optimizer takes a step. */
export interface Plan {
  /** The part that needs all updates together, before any parameter changes. */
  prepare(updates: readonly ParameterUpdate[]): readonly ParameterUpdate[];
  /** The rest, for one parameter. */
  apply(update: ParameterUpdate, learningRate: number): Applied;
}

/** What neighbors in a chain may know about a transform, in order to run as one operation. */
export interface Fusible extends Transform {
  /** λ, if it adds λ·w. */
  readonly weightDecay?: number;
  /** The rate, if it multiplies by one. */
  readonly rate?: number;
  /** The scale of a parameter's units, if it multiplies by one. */
  readonly scaleOf?: ScaleOf;
  /** How it runs together with its neighbors; undefined if they do not fit. */
  fuse?(before: readonly Fusible[], after: readonly Fusible[]): Plan | undefined;
}
