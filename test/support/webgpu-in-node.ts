import { existsSync } from 'node:fs';
import { env } from '@tensorflow/tfjs-core';
import { type Backend, BackendMissing, startBackend } from '../../apps/node-trainer/src/backends';
import { findSwiftShader } from './find-browser';

/** How a graphics card shows on Linux. */
const cards = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'];

const startWebgpu = () => startBackend({ backend: 'webgpu', kernels: false, isTried: true });

/**
 * Starts the command line's webgpu backend in this process: on the machine's own adapter, or else on SwiftShader, which
 * comes with Chromium. Processes that are started later find the same adapter.
 */
export async function startAnyWebgpu(): Promise<Backend> {
  const swiftShader = process.env.VK_DRIVER_FILES === undefined ? findSwiftShader() : undefined;
  if (swiftShader === undefined) return startWebgpu();
  if (cards.some(existsSync)) {
    try {
      return await startWebgpu();
    } catch (error) {
      if (!(error instanceof BackendMissing)) throw error;
    }
  }
  process.env.VK_DRIVER_FILES = swiftShader;
  return startWebgpu();
}

/** Starts it for tests of operations; or says why it does not start. */
export async function missingWebgpu(): Promise<string | undefined> {
  try {
    await startAnyWebgpu();
  } catch (error) {
    if (!(error instanceof BackendMissing)) throw error;
    return error.reason;
  }
  // tfjs would compute what is small on the cpu backend instead, which is most of what tests compute.
  env().set('WEBGPU_CPU_FORWARD', false);
  return undefined;
}

/** For tests that start processes on it: what it is, or why there is none, and whether that is a failure. */
export async function webgpuHere(): Promise<{ started?: Backend; missing?: string; required: boolean }> {
  const required = Boolean(process.env.REQUIRE_WEBGPU);
  try {
    const started = await startAnyWebgpu();
    await started.close();
    return { started, required };
  } catch (error) {
    if (!(error instanceof BackendMissing)) throw error;
    return { missing: error.reason, required };
  }
}
