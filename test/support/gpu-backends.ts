import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { env } from '@tensorflow/tfjs-core';

// tfjs would run small computations, which are most of those in tests, on the cpu backend instead.
env().set('WEBGL_CPU_FORWARD', false);
env().set('WEBGPU_CPU_FORWARD', false);
// It would also reject WebGL without a graphics card.
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
