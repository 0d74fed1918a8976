import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelCodes } from '../../generated/kernel-codes';
import type { KernelHeap } from '../heap';
import type { KernelModule } from '../kernel-module';
import type { OperationKernel } from '../operations/operation-kernel';

/** A value of a program in place of a tensor. */
export interface PlacedTensor extends TensorInfo {
  /** Its place among the values of the program. */
  readonly place: number;
}

/** One call of a kernel. */
export interface KernelCall {
  /** The number of the kernel. */
  readonly code: number;
  /** The arguments; 0 for addresses of values. */
  readonly given: number[];
  /** Which arguments are addresses of values, and of which. */
  readonly places: readonly { readonly argument: number; readonly place: number }[];
}

/** Addresses of values as arguments, above all real ones, and so far apart that kernels can add offsets. */
const firstToken = 2 ** 40;

/** The calls that an operation makes for its inputs, outputs, and attributes. */
export function callsOf(
  { run }: OperationKernel,
  inputs: { readonly [name: string]: PlacedTensor },
  outputs: readonly PlacedTensor[],
  attributes: object,
  { scratch, scratchBytes }: Pick<KernelHeap, 'scratch' | 'scratchBytes'>,
): KernelCall[] {
  const calls: KernelCall[] = [];
  let allocated = 0;
  const heap: KernelHeap = {
    kernels: recorderOf((name, args) => calls.push(callOf(name, args))),
    scratch,
    scratchBytes,
    address: (tensor) => (tensor === undefined ? 0 : firstToken + (tensor as PlacedTensor).place),
    allocate: () => outputs[allocated++],
  };
  run(inputs as never, attributes as never, heap);
  return calls;
}

function callOf(name: string, args: readonly (number | boolean)[]): KernelCall {
  const { code, addresses } = kernelCodes[name];
  const given = args.map(Number);
  const places = addresses.flatMap((argument) => {
    if (given[argument] < firstToken) return [];
    const place = given[argument] - firstToken;
    given[argument] = 0;
    return { argument, place };
  });
  return { code, given, places };
}

type Note = (name: string, args: readonly (number | boolean)[]) => void;
let note: Note;
/** Functions in place of the kernels. */
const recorders = Object.fromEntries(
  Object.keys(kernelCodes).map((name) => [name, (...args: number[]) => note(name, args)]),
) as unknown as KernelModule;

function recorderOf(to: Note): KernelModule {
  note = to;
  return recorders;
}
