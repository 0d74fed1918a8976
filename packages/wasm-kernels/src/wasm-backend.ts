import type { DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** The parts of tfjs's wasm backend that the kernels use. Some are not in its types; {@link objectionTo} checks for them. */
export interface WasmBackend extends KernelBackend {
  /** The backend's Emscripten module. */
  readonly wasm: {
    /** Allocates bytes on the heap; 0 if there is no memory left. */
    _malloc: (bytes: number) => number;
    _free: (address: number) => void;
    /** A view of the heap, replaced whenever the heap grows. */
    readonly HEAPU8: Uint8Array;
    /** The exports of the module; all names except that of the memory are minified. */
    readonly asm: { readonly memory: WebAssembly.Memory };
  };
  /** The data on the heap. */
  readonly dataIdMap: { get(dataId: object): TensorData };
  /** A new tensor on the heap, not initialized. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

/** Where a tensor is on the heap. */
export interface TensorData {
  /** Its address in bytes. */
  readonly memoryOffset: number;
  /** How many tensors share it. */
  readonly refCount: number;
  /** The shape of the tensor that it was made for, which some of the backend's kernels read. */
  readonly shape: number[];
}

/** Why the kernels cannot work with a backend, if they cannot. */
export function objectionTo(backend: WasmBackend): string | undefined {
  const { buffer } = backend.wasm?.HEAPU8 ?? {};
  if (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer) {
    return "tfjs's wasm backend runs threads, whose memory is shared. Call tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before it starts.";
  }
  const missing = missingPart(backend);
  return missing === undefined
    ? undefined
    : `this version of @tensorflow/tfjs-backend-wasm is not supported: its ${missing} differs from that of 4.8 to 4.22.`;
}

/** The first part that is not as {@link WasmBackend} describes it, if any. */
function missingPart(backend: WasmBackend): string | undefined {
  const parts: [string, (backend: WasmBackend) => boolean][] = [
    ['heap', ({ wasm }) => wasm.HEAPU8.buffer === wasm.asm.memory.buffer],
    ['wasm.asm.memory', ({ wasm }) => wasm.asm.memory instanceof WebAssembly.Memory],
    ['wasm._malloc', ({ wasm }) => typeof wasm._malloc === 'function'],
    ['wasm._free', ({ wasm }) => typeof wasm._free === 'function'],
    ['dataIdMap', ({ dataIdMap }) => typeof dataIdMap.get === 'function'],
    ['makeOutput', ({ makeOutput }) => typeof makeOutput === 'function'],
    ['incRef', ({ incRef }) => typeof incRef === 'function'],
  ];
  return parts.find(([, isThere]) => {
    try {
      return !isThere(backend);
    } catch {
      return true; // Its parent is missing.
    }
  })?.[0];
}
