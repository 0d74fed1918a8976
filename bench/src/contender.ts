/** Examples in the form that every library takes. */
export interface Batch {
  /** [size, 784], row-major. */
  readonly inputs: Float32Array;
  /** [size], class numbers. */
  readonly labels: Int32Array;
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
  /** [images, 10], row-major. */
  readonly probabilities: Float32Array;
}

/** A model in one library, ready to be timed. All inputs are in the library's own memory before a clock starts. */
export interface Model {
  /** Takes the batches, all of one size, that {@link train} cycles through. */
  load(batches: readonly Batch[]): Promise<void>;
  /**
   * Takes one step to warm the caches that others have used since, then `steps` steps against the clock. A step ends when its
   * loss has been read.
   */
  train(steps: number): Promise<Training>;
  /** Takes the images, [count, 784], for {@link predict}. */
  show(images: Float32Array): Promise<void>;
  /** The class probabilities of all images, read back; `times` times against the clock. */
  predict(times: number): Promise<Prediction>;
  /** One epoch through the library's own training loop, in milliseconds; if it has none, {@link train} is used instead. */
  epoch?(): Promise<number>;
  dispose(): Promise<void>;
}

/** The starting point of a model. */
export interface Start {
  /** Initial weights by their paths in the model file. */
  weights: Weights;
  /** The rate of dropout; 0 is none. */
  dropout: number;
  learningRate: number;
  /** Coupled. */
  weightDecay: number;
}

/** Something that trains the published model. */
export interface Contender {
  readonly name: string;
  /** Set if another contender has the same model and only trains it differently. */
  readonly predictsAlike?: boolean;
  /** A new model. */
  create(start: Start): Promise<Model>;
  /** Ends what it started. */
  close?(): Promise<void>;
}
