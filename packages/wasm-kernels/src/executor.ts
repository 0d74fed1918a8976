import type { ProgramExecutor } from '@harmonic-mlp/core/program';
import { engine } from '@tensorflow/tfjs-core';
import type { Heap } from './heap';
import { linkedHeap, linkedLevel } from './linked-heap';
import type { ProgramCompiler } from './program/compile-program';
import { HeapMemory } from './program/heap-memory';
import { Team } from './threads/team';
import { availableParallelism, whyNoThreads } from './threads/thread';
import type { WasmBackend } from './wasm-backend';

/** What runs programs with the kernels: on the backend's heap, or with several threads in a memory of their own. */
export const wasmExecutor = (compile: ProgramCompiler): ProgramExecutor => ({
  name: '@harmonic-mlp/wasm-kernels',
  compile(program, constants) {
    const heap = heapInUse();
    if (heap === undefined) return { obstacle: 'the kernels are not in use' };
    return compile(new HeapMemory(heap, heapInUse), program, constants);
  },
  get mostThreads() {
    return whyNoThreads() === undefined ? availableParallelism() : 1;
  },
  async withThreads(threads) {
    const heap = heapInUse();
    const obstacle = heap === undefined ? 'the kernels are not in use' : whyNoThreads();
    if (obstacle !== undefined) return { obstacle };
    const level = linkedLevel()!;
    // Not bound to a heap: its memory is its own.
    const isInUse = () => heapInUse() !== undefined && linkedLevel() === level;
    const team = await Team.start(threads, level, isInUse);
    return {
      name: `@harmonic-mlp/wasm-kernels with ${threads} threads`,
      compile: (program, constants) => compile(team, program, constants),
      dispose: () => team.dispose(),
    };
  },
});

/** The heap on which the kernels are at work. */
const heapInUse = (): Heap | undefined => linkedHeap(engine().registry.wasm as WasmBackend | undefined);
