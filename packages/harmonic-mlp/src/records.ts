/**
 * The results of an evaluation: means over all examples.
 *
 * @typeParam Accuracy a number for a classification; `number | undefined` for a task that may not measure it.
 */
export interface Evaluation<Accuracy extends number | undefined = number> {
  /** The mean loss; of a classification the cross-entropy, in nats. */
  loss: number;
  /** The fraction of examples classified correctly, from 0 to 1. */
  accuracy: Accuracy;
  /** The metrics that were asked for besides, by name. */
  [metric: string]: number | Accuracy;
}

/** Where a run stands. */
export interface Position {
  /** The epoch, counted from 1. */
  epoch: number;
  /** The step in this epoch, counted from 1. */
  step: number;
  /** The steps that an epoch has. */
  stepsPerEpoch: number;
}

/**
 * One epoch's results.
 *
 * @typeParam Accuracy as that of {@link Evaluation}.
 */
export interface EpochRecord<Accuracy extends number | undefined = number> {
  /** Counted from 1. */
  epoch: number;
  /** The mean of the batches' mean losses; of a classification in nats. */
  trainLoss: number;
  /** The fraction classified correctly while training, with dropout active, from 0 to 1. */
  trainAccuracy: Accuracy;
  /** The metrics that were asked for besides, measured while training, by name. */
  trainMetrics?: Record<string, number>;
  /** The evaluation of the validation data, if there is any. */
  validation?: Evaluation<Accuracy>;
  /** The learning rate at the epoch's end; undefined where the optimizer tells none. */
  learningRate?: number;
  /** The time that training and validating took. */
  seconds: number;
}
