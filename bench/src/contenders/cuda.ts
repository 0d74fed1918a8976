import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../python/cuda_steps.py', import.meta.url));

/** How PyTorch runs a step on a card. */
export const cudaModes = ['eager', 'compiled', 'graph'] as const;

export type CudaMode = (typeof cudaModes)[number];

/** What a step takes on a CUDA card in PyTorch, or why that is not known. */
export interface CudaStep {
  milliseconds?: number;
  card?: string;
  torch?: string;
  reason?: string;
  /** Whether there is no card at all, or no PyTorch for it. */
  isMissing?: boolean;
}

/** Times a training step in PyTorch on a CUDA card, in a process of its own. */
export async function timeCudaStep(
  python: string,
  { hidden, batchSize, mode }: { hidden: readonly number[]; batchSize: number; mode: CudaMode },
): Promise<CudaStep> {
  const args = [program, '--hidden', ...hidden.map(String), '--batch', String(batchSize), '--mode', mode];
  try {
    const { stdout } = await promisify(execFile)(python, args, { timeout: 300_000 });
    return JSON.parse(stdout);
  } catch (error) {
    return { reason: (error as Error).message.trim().split('\n').at(-1)! };
  }
}
