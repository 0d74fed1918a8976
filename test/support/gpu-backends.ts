import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { env } from '@tensorflow/tfjs-core';
import { setWebgpuFlags } from './webgpu-flags';

setWebgpuFlags();
// tfjs would run small computations on the cpu backend here too.
env().set('WEBGL_CPU_FORWARD', false);
// And it would reject WebGL without a graphics card.
env().set('SOFTWARE_WEBGL_ENABLED', true);

/** Why this browser cannot run a backend, if it cannot. */
export async function missingGraphics(backend: 'webgl' | 'webgpu'): Promise<string | undefined> {
  if (backend === 'webgl') {
    const context = document.createElement('canvas').getContext('webgl2');
    return context === null ? 'This browser has no WebGL 2.' : undefined;
  }
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter ? undefined : 'This browser has no WebGPU adapter.';
}
