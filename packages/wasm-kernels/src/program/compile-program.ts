import {
  type CompiledProgram,
  describeCall,
  findOverwritten,
  type Program,
  planMemory,
} from '@harmonic-mlp/core/program';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { OperationKernel } from '../operations';
import { callsOf, givenOf, type KernelCall, type ProgramKernel } from './call-list';
import type { ProgramMemory } from './program-memory';
import { type StockKernel, stockKernels } from './stock';
import { type Planner, WasmProgram } from './wasm-program';

/** Prepares a program in a memory, or says why it cannot. */
export type ProgramCompiler = (
  memory: ProgramMemory,
  program: Program,
  constants: readonly Tensor[],
) => CompiledProgram | { readonly obstacle: string };

/**
 * What prepares programs of kernels.
 *
 * @param isActive whether a kernel is in use outside of programs, where others would compute other bits.
 * @param plan places values in memory. Default: {@link planMemory}.
 */
export function programCompiler(
  operations: readonly OperationKernel[],
  isActive: (kernelName: string) => boolean,
  plan: Planner = planMemory,
): ProgramCompiler {
  const kernels = new Map<string, ProgramKernel>();
  for (const kernel of [...stockKernels, ...operations]) kernels.set(kernel.kernelName, kernel);
  const isAsOutside = (name: string) => !needsActive(kernels.get(name)!) || isActive(name);
  return (memory, program, constants) => {
    const known = ['float32', 'int32', 'bool'];
    const strange = program.values.find(({ dtype }) => !known.includes(dtype));
    if (strange !== undefined) return { obstacle: `it has a tensor of ${strange.dtype}` };
    const overwritten = findOverwritten(program);
    if (overwritten !== undefined) return { obstacle: `it keeps what ${overwritten} was before the step` };
    const lowered: KernelCall[][] = [];
    for (const call of program.calls) {
      const kernel = kernels.get(call.kernel);
      const isKnown = kernel !== undefined && isAsOutside(call.kernel);
      const calls = isKnown ? callsOf(kernel, givenOf(program, call, memory.heap)) : undefined;
      if (calls === undefined) return { obstacle: `there is no kernel for ${describeCall(call)}` };
      lowered.push(calls);
    }
    try {
      return new WasmProgram(program, constants, { kernels, lowered, memory, plan });
    } catch (error) {
      if (error instanceof RangeError) return { obstacle: error.message };
      throw error;
    }
  };
}

const needsActive = (kernel: ProgramKernel): boolean => (kernel as Partial<StockKernel>).isReplaced !== false;
