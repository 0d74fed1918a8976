import type { Gate, Passes, Sizes } from './passes';

/** What a layer does with a sequence from the first time to the last, all on the heap. */
export interface Sequence {
  readonly passes: Passes;
  readonly sizes: Sizes;
  readonly gate: Gate;
  /** x·K + b, [time, batch, gates·units]. */
  readonly projected: number;
  /** R, [units, gates·units]. */
  readonly recurrentKernel: number;
  /** [time + 1, batch, units], of which the first are zeros and the others are computed. */
  readonly h: number;
  /** What the backward pass needs besides, [parts, time, batch, units]. */
  readonly kept: number;
}

/** The backward pass of a {@link Sequence}. */
export interface SequenceGradient extends Omit<Sequence, 'projected'> {
  /** The gradient of h at a time, [batch, units], on top of what later times add; 0 if there is none. */
  readonly dh: (time: number) => number;
  /** The gradient of the projected inputs, [time, batch, gates·units], which is computed. */
  readonly dz: number;
  /** That of R, [units, gates·units], which is computed. */
  readonly dRecurrentKernel: number;
}
