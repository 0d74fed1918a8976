import type { OptimizerSettings } from '../checkpoint';
import type { EpochRecord, Evaluation, Position } from '../records';

/** What a run computes with. */
export interface RunSettings {
  /** The optimizer's class and settings; its learning rate is the current one. */
  optimizer: OptimizerSettings;
  /**
   * The bits of the backend's floats: 16 with WebGL on some phones, where Adam's ε is 1e-4 by default, and that of batch
   * normalization 1e-4.
   */
  floatPrecision: 16 | 32;
}

/** A run begins, or goes on from a checkpoint. */
export interface StartEvent extends Position, RunSettings {}

/** A step of the optimizer has been done. Its loss is still on the backend. */
export interface StepEvent extends Position {}

/** The losses of the last steps have been read. */
export interface MetricsEvent<Accuracy extends number | undefined = number> extends Position {
  /** The losses of the steps up to this one, since the last read. */
  losses: number[];
  /** The mean loss of the epoch so far. */
  meanLoss: number;
  /** The training accuracy of the epoch so far, from 0 to 1. */
  accuracy: Accuracy;
  /** The metrics that were asked for besides, over the epoch so far, by name. */
  metrics?: Record<string, number>;
}

/** The validation data have been evaluated. */
export interface EvaluateEvent<Accuracy extends number | undefined = number> extends Position {
  /** What was found. */
  validation: Evaluation<Accuracy>;
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

/** A run has ended. */
export interface EndEvent<Accuracy extends number | undefined = number> extends Position, Checkpointer {
  /** One record for each finished epoch. */
  history: readonly EpochRecord<Accuracy>[];
  /** Whether the signal ended it. */
  aborted: boolean;
  /** Why a callback ended it, if one did. */
  stopped?: string;
}
