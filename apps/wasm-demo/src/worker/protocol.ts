import type { ProxyMarked } from 'comlink';
import type { EpochRecord } from 'harmonic-mlp';
import type { SetName } from '../parts';
import type { Settings } from '../settings';

/** Some of MNIST that has arrived: images, or all labels of a set. */
export interface Arrival {
  set: SetName;
  /** The number of the first image, or undefined for labels. */
  first?: number;
  bytes: Uint8Array;
}

/** Where a run stands. */
export interface Position {
  /** Counted from 1. */
  epoch: number;
  /** The steps done in it. */
  step: number;
  stepsPerEpoch: number;
  /** How long the run has trained and validated, without pauses and without waiting for images. */
  seconds: number;
}

/** What a trainer reports while it runs. */
export type TrainerEvent =
  /** It trains. */
  | { type: 'running'; at: Position }
  /** It has used all images that have arrived. */
  | { type: 'waiting'; at: Position }
  /** It has come that far. */
  | { type: 'progress'; at: Position }
  /** The means over some steps, each on its own batch. */
  | { type: 'metrics'; at: Position; steps: number; loss: number; accuracy: number }
  | { type: 'epoch'; at: Position; record: EpochRecord }
  /** The run has been paused or stopped, or has done all its epochs. */
  | { type: 'ended'; at: Position; finished: boolean }
  /** The run cannot go on. */
  | { type: 'failed'; message: string };

/** What a saved file holds. */
export interface Loaded {
  /** The run's settings as far as the file tells them. */
  settings: Partial<Settings>;
  /** Whether the run can go on from here. */
  resumable: boolean;
  /** The data set that it was trained on, where the file says so. */
  dataset?: string;
  at: Position;
  history: EpochRecord[];
}

/** A model at one moment. */
export interface Snapshot {
  bytes: Uint8Array<ArrayBuffer>;
  at: Position;
}

/** What one kind of worker does: train one network. It has to be prepared or loaded first. */
export interface TrainerApi {
  arrive(arrival: Arrival): void;
  /** @param listener is told what happens, and in which run, by the number that `run` was given. */
  onEvent(listener: (event: TrainerEvent, run: number) => void): void;
  /** Makes a new, untrained network; a run that is under way is ended first. */
  prepare(settings: Settings): Promise<void>;
  /** Begins the run, or goes on with it. */
  run(number: number): void;
  /** Ends the run after the current step, so that it can go on. */
  pause(): Promise<void>;
  snapshot(): Promise<Snapshot>;
  /** The network, and the run if it is paused or finished, as the command line saves them. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Takes the network and the run of a file that was saved here or by the command line.
   *
   * @param others the settings of what the file does not tell.
   */
  load(bytes: Uint8Array, others: Settings): Promise<Loaded>;
}

/** How well a network does on the test images. */
export interface TestResult {
  loss: number;
  accuracy: number;
  /** How often digit `i` was taken for digit `j`, at [10·i + j]. */
  confusion: Uint32Array;
}

/** The first layer's weights, as images. */
export interface KernelImages {
  /** By period, then by number. */
  units: { unit: number; period: number | undefined }[];
  /** How many units the layer has; of very many, not all are shown. */
  total: number;
  /** 784 for each unit in that order: −127 to 127, where the unit's largest weight is 127 in size. */
  weights: Int8Array<ArrayBuffer>;
}

/** The pre-activations of all units of one period in a layer, over some test images. */
export interface PreActivations {
  /** Undefined for activations that have none. */
  period: number | undefined;
  units: number;
  /** The fraction in each of equal bins from −limit to limit. */
  density: Float32Array;
  /** The activation at equally spaced points from −limit to limit. */
  curve: Float32Array;
}

/** A hidden layer from inside. */
export interface LayerInside {
  limit: number;
  groups: PreActivations[];
}

/** A network from inside. */
export interface Inspection {
  /** Undefined until the test images are there. */
  test: TestResult | undefined;
  kernels: KernelImages;
  layers: LayerInside[];
}

/** What a network sees in a drawing, and what each network that was inspected takes it for. */
export interface Reading {
  /** 28 × 28 bytes; undefined when nothing is drawn. */
  digit: Uint8Array | undefined;
  /** By the network's number. */
  probabilities: Record<number, number[]>;
}

/** What the other kind does, so that looking does not hold training up. */
export interface InspectorApi {
  /** Takes what has arrived of the test set. */
  arrive(arrival: Arrival): void;
  /** Looks into a network, and keeps it to read drawings with. */
  inspect(network: number, model: Uint8Array): Promise<Inspection>;
  /** Forgets a network. */
  forget(network: number): Promise<void>;
  /** @param rgba the colours of a drawing, row by row. */
  read(rgba: Uint8ClampedArray, width: number, height: number): Promise<Reading>;
}

/** What a worker offers. */
export interface WorkerApi {
  /** Starts tfjs, and says what computes: `relaxed` SIMD with fused multiply-adds, or `fixed` without. */
  start(): Promise<{ backend: string; simd: string }>;
  trainer(): TrainerApi & ProxyMarked;
  inspector(): InspectorApi & ProxyMarked;
}
