/** Examples as every library takes them. */
export interface Batch {
  /** [size, 784], row-major. */
  readonly inputs: Float32Array;
  /** [size], class numbers. */
  readonly labels: Int32Array;
  readonly size: number;
}

/** A model's tensors by their paths: `hidden.0/kernel`, `hidden.0/norm/running_mean`, …, `output/bias`. */
export type Weights = Readonly<Record<string, { shape: number[]; data: Float32Array }>>;

/** What came of some training steps. */
export interface Training {
  /** How long they took. */
  readonly milliseconds: number;
  /** The loss of each step, those before the clock was started included. */
  readonly losses: readonly number[];
}

/** What came of a prediction. */
export interface Prediction {
  readonly milliseconds: number;
  /** [images, 10], row-major. */
  readonly probabilities: Float32Array;
}

/** A model of one library, ready to be timed. Whatever it is handed is in the library's own memory before a clock starts. */
export interface Model {
  /** Takes the batches, all of one size, that {@link train} goes through over and over. */
  load(batches: readonly Batch[]): Promise<void>;
  /**
   * Does a step to warm the caches that others have used since, then `steps` of them against the clock. A step has
   * ended when its loss has been read.
   */
  train(steps: number): Promise<Training>;
  /** Takes the images, [count, 784], that {@link predict} looks at. */
  show(images: Float32Array): Promise<void>;
  /** The class probabilities of all images, read back; `times` times against the clock. */
  predict(times: number): Promise<Prediction>;
  /** One epoch through the library's own training loop, in milliseconds; where it has none, {@link train} stands for it. */
  epoch?(): Promise<number>;
  dispose(): Promise<void>;
}

/** What a model starts from. */
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
  /** Set where another contender has the same model and only trains it in another way. */
  readonly predictsAlike?: boolean;
  /** A new model. */
  create(start: Start): Promise<Model>;
  /** Ends what it started. */
  close?(): Promise<void>;
}
