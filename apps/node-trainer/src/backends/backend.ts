import { TrainerError } from '../errors';

/** The backends of this trainer, in order of their likely speed. */
export const backendNames = ['webgpu', 'tensorflow', 'wasm', 'cpu'] as const;

export type BackendName = (typeof backendNames)[number];

/** The backend to compute with. */
export interface BackendOptions<Auto = never> {
  backend: BackendName | Auto;
  /** Whether the wasm and webgpu backends use this project's kernels. */
  kernels: boolean;
  /** For webgpu: `null` is an adapter of Dawn that does nothing, by which the work of JavaScript alone is measured. Default: this machine's. */
  adapter?: 'null' | undefined;
}

/** How often a device has been told to do something. */
export interface DeviceCalls {
  dispatches: number;
  /** Writes of buffers, and buffers that are written when they are made. */
  uploads: number;
  submissions: number;
}

/** A backend that is running and active. */
export interface Backend {
  name: BackendName;
  /** In words: "wasm backend with SIMD kernels". */
  description: string;
  /** The name and version of the library behind it. */
  version: string;
  /** The name of the processor or graphics adapter, as it reports itself. */
  device: string;
  /** The SIMD level of this project's kernels, if it uses them. */
  simd?: 'relaxed' | 'fixed';
  /** Whether a graphics adapter is a card, or a program that emulates one; undefined for the processor. */
  adapter?: 'hardware' | 'software';
  /** Whether it is faster to keep the examples on the device and gather batches there. */
  keepsData: boolean;
  /** The largest tensor in bytes, where there is a limit. */
  largestTensor?: number;
  /**
   * Rejects with `DEVICE_FAILED` when the device is lost or fails during the work. So does every read of a tensor from then
   * on, so that no wrong result is saved.
   */
  failure?: Promise<never>;
  /** Counts what the device is told to do from now on, for a backend that has one; returns the counts so far. */
  countCalls?(): () => DeviceCalls;
  /** Releases what would keep the process alive. */
  close(): Promise<void>;
}

/** A backend that cannot be used on this machine. */
export class BackendMissing extends TrainerError {
  readonly backend: BackendName;
  /** Why not, as a sentence. */
  readonly reason: string;
  /** What would make it available, as a sentence, with the command if there is one. */
  readonly remedy: string;

  constructor(backend: BackendName, reason: string, remedy: string, options?: ErrorOptions) {
    const problem = `The ${backend} backend cannot be used: ${reason}`;
    super('BACKEND_MISSING', { argument: 'backend', value: backend, problem, fix: remedy }, options);
    this.backend = backend;
    this.reason = reason;
    this.remedy = remedy;
  }
}
