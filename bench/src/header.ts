import type { WasmKernelReport } from '@harmonic-mlp/wasm-kernels';
import type { Machine } from './machine';

/** A header that states how the figures below were measured, and what is missing. */
export function showHeader(
  { cpu, cores, memoryGiB, platform, node, tfjs }: Machine,
  versions: Record<string, string>,
  { simd, active, inactive }: WasmKernelReport,
  remarks: readonly string[],
): string {
  const peers = Object.entries(versions).map((peer) => peer.join(' '));
  return [
    `${cpu}, ${cores} processors, ${memoryGiB} GiB, ${platform}`,
    [`Node ${node}`, `tfjs ${tfjs} (wasm)`, ...peers].join(', '),
    simd === undefined ? 'No kernel is active.' : `${active.length} kernels with ${simd} SIMD`,
    ...inactive.map(({ kernel, reason }) => `${kernel} is not active: ${reason}`),
    ...remarks,
  ].join('\n');
}
