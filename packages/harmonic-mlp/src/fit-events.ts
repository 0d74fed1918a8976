import type { Evaluation } from './evaluate';
import type { OptimizerSettings } from './optimizer-settings';

/** What a run computes with. */
export interface RunSettings {
  /** The optimizer's class and settings; its learning rate is the current one. */
  optimizer: OptimizerSettings;
  /**
   * The bits of the backend's floats: 16 with WebGL on some phones, where Adam's ε is 1e-4 by default, and that of batch
   * normalisation 1e-4.
   */
  floatPrecision: 16 | 32;
}

/** A run begins, or goes on from a checkpoint. */
export interface StartEvent extends StepEvent, RunSettings {}

/** One epoch's results. */
export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** The mean of the batches' mean losses, in nats. */
  trainLoss: number;
  /** The fraction classified correctly while training, with dropout active, from 0 to 1. */
  trainAccuracy: number;
  /** The evaluation of the validation data, if there is any. */
  validation?: Evaluation;
  /** The learning rate used in this epoch; undefined where the optimizer tells none. */
  learningRate?: number;
  /** The time that training and validating took. */
  seconds: number;
}

/** A step of the optimizer has been done. Its loss is still on the backend. */
export interface StepEvent {
  /** The epoch, counted from 1. */
  epoch: number;
  /** The step in this epoch, counted from 1. */
  step: number;
  /** The steps that an epoch has. */
  stepsPerEpoch: number;
}

/** The losses of the last steps have been read. */
export interface MetricsEvent extends StepEvent {
  /** The losses of the steps up to this one, since the last read. */
  losses: number[];
  /** The mean loss of the epoch so far. */
  meanLoss: number;
  /** The training accuracy of the epoch so far, from 0 to 1. */
  accuracy: number;
}

/** What an event handler can save. */
export interface Checkpointer {
  /**
   * The model and everything that the run needs to go on from here, as one safetensors file: `HarmonicMLP.fromBytes`
   * reads the model, `resume` continues the run. Call it before the handler ends.
   *
   * @param metadata more strings to keep in the file's metadata.
   * @throws {HarmonicError} `UNSUPPORTED` when the optimizer cannot save its state by path, as stock ones cannot.
   */
  checkpoint(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>>;
}
