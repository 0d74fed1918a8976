import '@tensorflow/tfjs-backend-webgl';
import '@tensorflow/tfjs-backend-webgpu';
import { env } from '@tensorflow/tfjs-core';

// tfjs would compute what is small on the cpu backend instead, which is most of what tests compute.
env().set('WEBGL_CPU_FORWARD', false);
env().set('WEBGPU_CPU_FORWARD', false);
// It would also refuse a WebGL without a graphics card.
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
