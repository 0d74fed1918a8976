import type { Program, ProgramCall, ValueUse } from '@harmonic-mlp/core/program';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelCodes } from '../../generated/kernel-codes';
import type { KernelHeap } from '../heap';
import type { KernelModule } from '../kernel-module';
import type { DynamicArguments } from '../operations';

/** A kernel of tfjs, or of an operation, in programs. */
export interface ProgramKernel {
  /** Its name in tfjs. */
  readonly kernelName: string;
  /**
   * Computes the outputs, by calls of kernels whose arguments depend on shapes and attributes only; undefined for what it does not
   * handle.
   */
  run(inputs: never, attributes: never, heap: KernelHeap): TensorInfo | TensorInfo[] | undefined;
  readonly dynamic?: DynamicArguments<never> | undefined;
}

/** A value of a program in place of a tensor. */
export interface PlacedTensor extends TensorInfo {
  /** Its place among the values of the program. */
  readonly place: number;
}

/** One call of a kernel. */
export interface KernelCall {
  /** The name of the kernel in the module. */
  readonly kernel: keyof KernelModule;
  /** The arguments; 0 for addresses of values. */
  readonly given: number[];
  /** Which arguments are addresses of values, and of which. */
  readonly places: readonly Placed[];
}

/** An argument that is the address of a value, or of a part of it. */
export interface Placed {
  readonly argument: number;
  readonly place: number;
  /** In bytes. */
  readonly offset: number;
}

/** Addresses of values as arguments, above all real ones, and so far apart that offsets can be added. */
const firstToken = 2 ** 44;
const tokenStep = 2 ** 32;

/** What a kernel is called with. */
export interface KernelGiven {
  readonly inputs: { readonly [name: string]: PlacedTensor };
  readonly outputs: readonly PlacedTensor[];
  readonly attributes: object;
  readonly memory: Pick<KernelHeap, 'scratch' | 'scratchBytes'>;
}

/** What the kernel of a call is given. */
export function givenOf(
  { values }: Program,
  { inputs, outputs, attributes }: ProgramCall,
  memory: KernelGiven['memory'],
): KernelGiven {
  const placed = ({ value: place, shape }: ValueUse): PlacedTensor => {
    const { dtype } = values[place];
    return { place, shape: [...shape], dtype, dataId: {} };
  };
  const tensors = Object.entries(inputs).map(([name, use]) => [name, placed(use)]);
  return { inputs: Object.fromEntries(tensors), outputs: outputs.map(placed), attributes, memory };
}

/** The calls that a kernel makes; undefined if it does not handle what it is given. */
export function callsOf(
  { run }: ProgramKernel,
  { inputs, outputs, attributes, memory: { scratch, scratchBytes } }: KernelGiven,
): KernelCall[] | undefined {
  const calls: KernelCall[] = [];
  listener = (name, args) => calls.push(callOf(name, args));
  let allocated = 0;
  const heap: KernelHeap = {
    kernels: listeners,
    scratch,
    scratchBytes,
    address: (tensor) => (tensor === undefined ? 0 : firstToken + tokenStep * (tensor as PlacedTensor).place),
    allocate: () => outputs[allocated++],
  };
  return run(inputs as never, attributes as never, heap) === undefined ? undefined : calls;
}

type Listener = (name: string, args: readonly (number | boolean)[]) => void;
let listener: Listener;
/** Functions in place of the kernels. */
const listeners = Object.fromEntries(
  Object.keys(kernelCodes).map((name) => [name, (...args: number[]) => listener(name, args)]),
) as unknown as KernelModule;

function callOf(name: string, args: readonly (number | boolean)[]): KernelCall {
  const { addresses } = kernelCodes[name];
  const given = args.map(Number);
  const places = addresses.flatMap((argument) => {
    const token = given[argument] - firstToken;
    if (token < 0) return [];
    given[argument] = 0;
    return { argument, place: Math.floor(token / tokenStep), offset: token % tokenStep };
  });
  return { kernel: name as keyof KernelModule, given, places };
}
