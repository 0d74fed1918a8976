/** Whether the browser offers a graphics adapter for WebGPU. Asking may start its graphics, and makes some browsers warn. */
export async function findGraphics(): Promise<boolean> {
  // Some browsers throw where graphics are turned off.
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter);
}
