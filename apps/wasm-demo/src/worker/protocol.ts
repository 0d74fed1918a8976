import type { ProxyMarked } from 'comlink';
import type { EpochRecord } from 'harmonic-mlp';
import type { DataChoice } from '../dataset';
import type { BackendName } from '../page-settings';
import type { SetName } from '../sets';
import type { Settings } from '../settings';

/** What a worker computes with: `relaxed` SIMD with fused multiply-adds, or `fixed` without; or a graphics adapter. */
export type Computer = { backend: 'wasm'; simd: string } | { backend: 'webgpu'; adapter: string };

/** A part of MNIST that has arrived: images, or all labels of a set. */
export interface Arrival {
  set: SetName;
  /** The number of the first image, or undefined for labels. */
  first?: number;
  bytes: Uint8Array;
}

/** The position of a run. */
export interface Position {
  /** Counted from 1. */
  epoch: number;
  /** The steps completed in it. */
  step: number;
  stepsPerEpoch: number;
  /** How long the run has trained and validated, excluding pauses and waiting for images. */
  seconds: number;
}

/** The results of an epoch; their measure is the accuracy or, for a regression, the RMSE. */
export type Epoch = EpochRecord<number | undefined>;

/** What a trainer reports while it runs. */
export type TrainerEvent =
  /** It is training. */
  | { type: 'running'; at: Position }
  /** It is known how many threads take a step together. */
  | { type: 'threads'; at: Position; threads: number }
  /** It has used all images that have arrived. */
  | { type: 'waiting'; at: Position }
  /** It has reached this position. */
  | { type: 'progress'; at: Position }
  /** Means over some steps, each on its own batch; `value` is that of the measure. */
  | { type: 'metrics'; at: Position; steps: number; loss: number; value: number }
  /** Epochs are done; `seconds` is how long the run took up to the end of each. */
  | { type: 'epochs'; at: Position; epochs: { record: Epoch; seconds: number }[] }
  /** The run has been paused or stopped, or has completed all its epochs. */
  | { type: 'ended'; at: Position; finished: boolean }
  /** The run cannot continue. */
  | { type: 'failed'; message: string };

/** The contents of a saved file. */
export interface Loaded {
  /** The run's settings, as far as the file contains them. */
  settings: Partial<Settings>;
  /** Whether the run can continue from here. */
  resumable: boolean;
  /** The data set that it was trained on, if the file says so. */
  trainedOn?: string;
  /** The data that it is tested on here. */
  data: DataChoice;
  at: Position;
  history: Epoch[];
}

/** A model at one moment. */
export interface Snapshot {
  bytes: Uint8Array<ArrayBuffer>;
  at: Position;
  /** What it learns, or is tested on: a request may arrive while the page still waits for a network for other data. */
  data: DataChoice;
}

/** One kind of worker, which trains one network. The network has to be prepared or loaded first. */
export interface TrainerApi {
  arrive(arrival: Arrival): void;
  /** @param listener receives the events and the number of their run, as passed to `run`. */
  onEvent(listener: (event: TrainerEvent, run: number) => void): void;
  /** Makes a new, untrained network; a run in progress is ended first. */
  prepare(settings: Settings): Promise<void>;
  /** Starts the run, or continues it. */
  run(number: number): void;
  /** Ends the run after the current step, so that it can continue later. */
  pause(): Promise<void>;
  snapshot(): Promise<Snapshot>;
  /** The network, and the run if it is paused or finished, in the form that the command line saves. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Loads the network and the run from a file that was saved here or by the command line.
   *
   * @param others the settings for anything that the file does not contain.
   */
  load(bytes: Uint8Array, others: Settings): Promise<Loaded>;
}

/** A network's results on the test examples. */
export interface TestResult {
  loss: number;
  /** The accuracy or, for a regression, the RMSE. */
  value: number;
  /** For images: how often digit `i` was classified as digit `j`, at [10·i + j]. */
  confusion?: Uint32Array;
}

/** The weights of the first layer, as images. */
export interface KernelImages {
  /** Sorted by period, then by number. */
  units: { unit: number; period: number | undefined }[];
  /** The number of units in the layer; if there are very many, not all are shown. */
  total: number;
  /** 784 for each unit, in that order: −127 to 127, where the unit's largest weight has magnitude 127. */
  weights: Int8Array<ArrayBuffer>;
}

/** The pre-activations of some units of a layer, those with one period or with neighboring ones, over some test examples. */
export interface PreActivations {
  /** The shortest and the longest of their current periods; undefined if they have none. */
  periods: [shortest: number, longest: number] | undefined;
  units: number;
  /** The fraction in each of the equal bins from −limit to limit. */
  density: Float32Array;
  /** The activation at equally spaced points from −limit to limit; more than one curve if it differs among the units. */
  curves: Float32Array[];
}

/** The inside of a hidden layer. */
export interface LayerInside {
  limit: number;
  groups: PreActivations[];
}

/** The inside of a network. */
export interface Inspection {
  /** Undefined until the test images have arrived. */
  test: TestResult | undefined;
  /** For images, if the first layer sees their pixels. */
  kernels: KernelImages | undefined;
  layers: LayerInside[];
  /** For made data: the answers throughout the inputs, in the order of `inputsThroughout`. */
  answers: Float32Array | undefined;
}

/** The drawing as the networks see it, and the answer of each inspected network. */
export interface Reading {
  /** 28 × 28 bytes; undefined if the drawing is empty. */
  digit: Uint8Array | undefined;
  /** By the network's number. */
  probabilities: Record<number, number[]>;
}

/** The other kind of worker, which keeps inspections from holding up training. */
export interface InspectorApi {
  /** Takes a part of the test set that has arrived. */
  arrive(arrival: Arrival): void;
  /** Inspects a network on test examples of its data, and keeps it for reading drawings. */
  inspect(network: number, model: Uint8Array, data: DataChoice): Promise<Inspection>;
  /** Forgets a network. */
  forget(network: number): Promise<void>;
  /** @param rgba the colors of a drawing, row by row. */
  read(rgba: Uint8ClampedArray, width: number, height: number): Promise<Reading>;
}

/** The interface of a worker. */
export interface WorkerApi {
  /** Starts tfjs, and returns what it computes with. */
  start(backend: BackendName): Promise<Computer>;
  trainer(): TrainerApi & ProxyMarked;
  inspector(): InspectorApi & ProxyMarked;
}
