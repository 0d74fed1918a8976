/**
 * The results of an evaluation: means over all examples.
 *
 * @typeParam Accuracy a number for a classification; `number | undefined` for a task that may not measure it.
 */
export interface Evaluation<Accuracy extends number | undefined = number> {
  /** The mean loss; for a classification, the cross-entropy in nats. */
  loss: number;
  /** The fraction of examples classified correctly, from 0 to 1. */
  accuracy: Accuracy;
  /** The other metrics, by name. */
  [metric: string]: number | Accuracy;
}

/** A position in a run. */
export interface Position {
  /** The epoch, counted from 1. */
  epoch: number;
  /** The step in this epoch, counted from 1. */
  step: number;
  /** The number of steps in an epoch. */
  stepsPerEpoch: number;
}

/**
 * The results of one epoch.
 *
 * @typeParam Accuracy as that of {@link Evaluation}.
 */
export interface EpochRecord<Accuracy extends number | undefined = number> {
  /** Counted from 1. */
  epoch: number;
  /** The mean of the batches' mean losses; for a classification, in nats. */
  trainLoss: number;
  /** The fraction of training examples classified correctly, with dropout active, from 0 to 1. */
  trainAccuracy: Accuracy;
  /** The other metrics, measured in training, by name. */
  trainMetrics?: Record<string, number>;
  /** The evaluation of the validation data, if there are any. */
  validation?: Evaluation<Accuracy>;
  /** The learning rate at the end of the epoch; undefined if the optimizer does not report one. */
  learningRate?: number;
  /** The time spent on training and validation. */
  seconds: number;
}
