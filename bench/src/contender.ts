import type { Network } from './network';

/** Examples in the form that every library takes. */
export interface Batch {
  /** [size, inputs], row-major. */
  readonly inputs: Float32Array;
  /** [size], class numbers, or [size, outputs], numbers. */
  readonly targets: Int32Array | Float32Array;
  readonly size: number;
}

/** A model's tensors by their paths: `hidden.0/kernel`, `hidden.0/norm/running_mean`, …, `output/bias`. */
export type Weights = Readonly<Record<string, { shape: number[]; data: Float32Array }>>;

/** The results of some training steps. */
export interface Training {
  /** How long they took. */
  readonly milliseconds: number;
  /** The loss of each step, including those before the clock started. */
  readonly losses: readonly number[];
}

/** The results of a prediction. */
export interface Prediction {
  readonly milliseconds: number;
  /** [examples, outputs], row-major: probabilities of classes, or standardized numbers. */
  readonly outputs: Float32Array;
}

/** A model in one library, ready to be timed. All inputs are in the library's own memory before a clock starts. */
export interface Model {
  /** Takes the batches, all of one size, that {@link train} cycles through. */
  load(batches: readonly Batch[]): Promise<void>;
  /**
   * Takes `before` steps, then `steps` steps against the clock, which stops when all losses have been read.
   *
   * @param before Default: as many as it takes to warm the caches that others have used since.
   */
  train(steps: number, before?: number): Promise<Training>;
  /** Takes the examples, [count, inputs], for {@link predict}. */
  show(inputs: Float32Array): Promise<void>;
  /** The outputs for all examples, read back; `times` times against the clock. */
  predict(times: number): Promise<Prediction>;
  /** One epoch of MNIST through the library's own training loop, in milliseconds; if it has none, {@link train} is used instead. */
  epoch?(): Promise<number>;
  dispose(): Promise<void>;
}

/** The starting point of a model. */
export interface Start {
  network: Network;
  /** Initial weights by their paths in the model file. */
  weights: Weights;
  /** The rate of dropout; 0 is none. */
  dropout: number;
  learningRate: number;
  /** Coupled. */
  weightDecay: number;
}

/** Something that trains a network. */
export interface Contender {
  readonly name: string;
  /** Set if another contender has the same model and only trains it differently. */
  readonly predictsAlike?: boolean;
  /** Set if it takes many times as long as the others for large networks, and the same for all inputs. */
  readonly isSlow?: boolean;
  /** What its steps are, if they do less work than those of the others. */
  readonly lighter?: string;
  /** A new model. */
  create(start: Start): Promise<Model>;
  /** Ends what it started. */
  close?(): Promise<void>;
}
