import { type DataId, util } from '@tensorflow/tfjs-core';
import type { WebgpuBackend } from '../webgpu-backend';

/** What has been noted about the reads of a backend, by which a read finds out whether what it has read is still so. */
export interface Reads {
  /** Drops what tfjs has read of a tensor and keeps, and sees to it that reads in progress do not bring it back. */
  forget(dataId: DataId): void;
  /** Puts tfjs's own way to read back. */
  end(): void;
}

const ofBackends = new WeakMap<WebgpuBackend, Reads>();

/**
 * The reads of a backend: tfjs keeps what a read returns, however long ago that was, and fails if the tensor has been disposed of in
 * the meantime.
 */
export function readsOf(backend: WebgpuBackend): Reads {
  let reads = ofBackends.get(backend);
  if (reads === undefined) {
    reads = followReads(backend);
    ofBackends.set(backend, reads);
  }
  return reads;
}

/** Leaves the reads of a backend to tfjs again. */
export function leaveReads(backend: WebgpuBackend): void {
  ofBackends.get(backend)?.end();
  ofBackends.delete(backend);
}

function followReads(backend: WebgpuBackend): Reads {
  const { tensorMap } = backend;
  const changes = new WeakMap<DataId, number>();
  const changesOf = (dataId: DataId) => changes.get(dataId) ?? 0;
  // Usually that of its class.
  const own = Object.getOwnPropertyDescriptor(backend, 'read');
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    const data = tensorMap.get(dataId);
    const isPlain = ['float32', 'int32', 'bool'].includes(data?.dtype);
    if (!isPlain || data.values != null || data.resource == null) return read(dataId);
    const before = changesOf(dataId);
    // It is copied before anything else can be recorded.
    const values = util.convertBackendValuesAndArrayBuffer(
      await backend.getBufferData(data.resource),
      data.dtype as 'float32',
    );
    if (changesOf(dataId) === before) data.values = values;
    return values;
  };
  return {
    forget(dataId) {
      changes.set(dataId, changesOf(dataId) + 1);
      tensorMap.get(dataId).values = null;
    },
    end() {
      if (own === undefined) delete (backend as Partial<WebgpuBackend>).read;
      else Object.defineProperty(backend, 'read', own);
    },
  };
}
