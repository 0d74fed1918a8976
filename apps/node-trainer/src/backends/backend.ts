/** The backends of this trainer, the likely fastest first. */
export const backendNames = ['webgpu', 'tensorflow', 'wasm', 'cpu'] as const;

export type BackendName = (typeof backendNames)[number];

/** What computes. */
export interface BackendOptions<Auto = never> {
  backend: BackendName | Auto;
  /** Whether the wasm backend gets this project's SIMD kernels. */
  kernels: boolean;
}

/** A backend that has started and is the active one. */
export interface Backend {
  name: BackendName;
  /** What computes, in words, as in "wasm backend with SIMD kernels". */
  description: string;
  /** The version of what is behind it. */
  version: string;
  /** The processor or the graphics adapter that computes, as it calls itself. */
  device: string;
  /** Of a graphics card, or a program that behaves like one: which of these it is. */
  adapter?: 'hardware' | 'software';
  /** Whether examples are better kept on the device, and batches gathered there. */
  keepsData: boolean;
  /** The largest tensor that there can be, in bytes, where there is a limit. */
  largestTensor?: number;
  /**
   * Rejects with a {@link DeviceFailure} when the device is lost, or fails in the midst of the work. So does every read
   * of a tensor from then on: nothing that it gave afterwards can be saved.
   */
  failure?: Promise<never>;
  /** Lets go of what would keep the process alive. */
  close(): Promise<void>;
}

/** A backend that cannot be used on this machine: why not, and what would provide it. */
export class BackendMissing extends Error {
  readonly backend: BackendName;
  readonly reason: string;
  readonly remedy: string;

  /**
   * @param reason a sentence.
   * @param remedy a sentence, with the command if there is one.
   */
  constructor(backend: BackendName, reason: string, remedy: string, options?: ErrorOptions) {
    super(`The ${backend} backend cannot be used: ${reason} ${remedy}`, options);
    this.backend = backend;
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** A device that computes no longer, or no longer right; the message says why, and what to do. */
export class DeviceFailure extends Error {}
