import type { BackendValues, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { TilePlace } from './lowering';

/** What the kernels use of tfjs's webgpu backend; most of it is not in its types. */
export interface WebgpuBackend {
  readonly device: GPUDevice;
  readonly bufferManager: { acquireBuffer(bytes: number, usage: number): GPUBuffer };
  readonly tensorMap: {
    get(dataId: DataId): {
      readonly dtype: DataType;
      readonly resource: GPUBuffer;
      readonly refCount: number;
      /** On the CPU, if they are known there. */
      values: unknown;
    };
  };
  readonly uniformPendingDisposal: GPUBuffer[];
  readonly commandQueueOwnedIds: WeakSet<DataId>;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  uploadToGPU(dataId: DataId): void;
  makeTensorInfo(shape: number[], dtype: DataType): TensorInfo;
  disposeData(dataId: DataId): boolean;
  read(dataId: DataId): Promise<BackendValues>;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** What the kernels need of a backend. */
const needed: readonly (keyof WebgpuBackend)[] = [
  ...(['device', 'bufferManager', 'tensorMap', 'uniformPendingDisposal', 'commandQueueOwnedIds'] as const),
  ...(['commandEncoder', 'computePassEncoder', 'dispatchCountInPass'] as const),
  ...(['uploadToGPU', 'makeTensorInfo', 'disposeData', 'read', 'getBufferData'] as const),
  ...(['ensureCommandEncoderReady', 'endComputePassEncoder', 'submitQueue'] as const),
];

/** What a backend lacks that the kernels need; undefined if nothing. */
export function objectionTo(backend: WebgpuBackend): string | undefined {
  const missing = needed.find((name) => !(name in backend));
  return missing && `this version of tfjs's webgpu backend has no ${missing}.`;
}

/** Programs that emulate a graphics card, for which memory that workgroups share is slow. */
const emulators = /swiftshader|llvmpipe|lavapipe|basic.render|\bwarp\b/i;

let chosen: TilePlace | undefined;

/** Chooses where products keep what they multiply; undefined: what is faster on the device. */
export function chooseTiles(place: TilePlace | undefined): void {
  chosen = place;
}

/** Where products keep what they multiply. */
export function tilesOf({ device }: Pick<WebgpuBackend, 'device'>): TilePlace {
  if (chosen !== undefined) return chosen;
  const info = (device as { adapterInfo?: GPUAdapterInfo }).adapterInfo;
  if (info === undefined) return 'workgroup';
  const { isFallbackAdapter } = info as { isFallbackAdapter?: boolean };
  const name = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return isFallbackAdapter || emulators.test(name) ? 'registers' : 'workgroup';
}
