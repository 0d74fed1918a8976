import type { OptimizerSettings } from '../checkpoint';
import type { ModelConcern } from '../model';
import type { EpochRecord, Evaluation, Position } from '../records';

/** The optimizer and the precision of a run. */
export interface RunSettings {
  /** The optimizer's class and settings; its learning rate is the current one. */
  optimizer: OptimizerSettings;
  /**
   * The number of bits in the backend's floats: 16 with WebGL on some phones, where the default ε of Adam and of batch
   * normalization is 1e-4.
   */
  floatPrecision: 16 | 32;
}

/** A run starts, or continues from a checkpoint. */
export interface StartEvent extends Position, RunSettings {}

/** The first batch of a new run shows something that is likely to keep the model from learning. */
export interface WarningEvent extends Position, ModelConcern {}

/** It is known whether the steps of a run are executed as a program, or by how many threads. */
export interface CaptureEvent extends Position {
  /** Whether they are. */
  captured: boolean;
  /** Why not, as a phrase whose subject is the step: "there is no kernel for Add". */
  reason?: string;
  /** How many threads execute them. */
  threads: number;
  /** Why there are fewer than were asked for. */
  threadReason?: string;
  /** If several numbers of threads were tried: the median time of a step with each, in milliseconds. */
  trial?: Readonly<Record<number, number>>;
}

/** A step of the optimizer has been done. Its loss is still on the backend. */
export interface StepEvent extends Position {}

/** The losses of the last steps have been read. */
export interface MetricsEvent<Accuracy extends number | undefined = number> extends Position {
  /** The losses of the steps since the last read. */
  losses: number[];
  /** The mean loss of the epoch so far. */
  meanLoss: number;
  /** The training accuracy of the epoch so far, from 0 to 1. */
  accuracy: Accuracy;
  /** The other metrics over the epoch so far, by name. */
  metrics?: Record<string, number>;
}

/** The validation data have been evaluated. */
export interface EvaluateEvent<Accuracy extends number | undefined = number> extends Position {
  /** The results. */
  validation: Evaluation<Accuracy>;
}

/** Makes checkpoints in an event handler. */
export interface Checkpointer {
  /**
   * The model and everything that the run needs to continue from here, as one safetensors file: `HarmonicMLP.fromBytes` reads
   * the model, and `resume` continues the run. Call it before the handler ends.
   *
   * @param metadata additional strings for the file's metadata.
   * @throws {HarmonicError} `UNSUPPORTED` if the optimizer cannot save its state by path, as is the case for stock ones,
   *   and once the run is over.
   */
  checkpoint(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>>;
}

/** A run has ended. */
export interface EndEvent<Accuracy extends number | undefined = number> extends Position, Checkpointer {
  /** One record for each finished epoch. */
  history: readonly EpochRecord<Accuracy>[];
  /** Whether the signal ended it. */
  aborted: boolean;
  /** Whether steps were executed as a program. */
  captured: boolean;
  /** How many threads executed the last step that was a program; 1 if none was. */
  threads: number;
  /** Why a callback ended it, if one did. */
  stopped?: string;
}
