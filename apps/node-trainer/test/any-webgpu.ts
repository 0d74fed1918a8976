import { onAnyAdapter } from '../../../test/support/graphics-adapter';
import { type Backend, BackendMissing, startBackend } from '../src/backends';

/** Starts the webgpu backend in this process, on any adapter, which processes that are started later also find. */
export async function startAnyWebgpu(): Promise<Backend> {
  let missing: BackendMissing | undefined;
  const started = await onAnyAdapter(async () => {
    try {
      return await startBackend({ backend: 'webgpu', kernels: false, isTried: true });
    } catch (error) {
      if (!(error instanceof BackendMissing)) throw error;
      missing = error;
      return undefined;
    }
  });
  if (started === undefined) throw missing;
  return started;
}

/** The backend, or why there is none, and whether that is a failure. */
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
