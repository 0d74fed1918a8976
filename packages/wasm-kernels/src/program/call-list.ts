import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelCodes } from '../../generated/kernel-codes';
import type { KernelHeap } from '../heap';
import type { KernelModule } from '../kernel-module';

/** A kernel of tfjs, or of an operation, in programs. */
export interface ProgramKernel {
  /** Its name in tfjs. */
  readonly kernelName: string;
  /**
   * Computes the outputs, by calls of kernels whose arguments depend on shapes and attributes only; undefined for what it does not
   * handle.
   */
  run(inputs: never, attributes: never, heap: KernelHeap): TensorInfo | TensorInfo[] | undefined;
}

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

/** The calls that a kernel makes; undefined if it does not handle what it is given. */
export function callsOf(kernel: ProgramKernel, given: KernelGiven): KernelCall[] | undefined {
  const calls: KernelCall[] = [];
  return listen(kernel, given, (name, args) => calls.push(callOf(name, args))) ? calls : undefined;
}

/** Writes the arguments of a kernel's calls that are not addresses of values over those in a list of calls. */
export function rewriteArguments(
  kernel: ProgramKernel,
  given: KernelGiven,
  words: Float64Array,
  at: number,
): void {
  let word = at;
  listen(kernel, given, (name, args) => {
    const { addresses } = kernelCodes[name];
    for (let i = 0; i < args.length; i++) {
      word += 1;
      if (!addresses.includes(i)) words[word] = Number(args[i]);
    }
    word += 1;
  });
}

type Listener = (name: string, args: readonly (number | boolean)[]) => void;
let listener: Listener;
/** Functions in place of the kernels. */
const listeners = Object.fromEntries(
  Object.keys(kernelCodes).map((name) => [name, (...args: number[]) => listener(name, args)]),
) as unknown as KernelModule;

/** Runs a kernel whose calls go to a listener; returns whether it handles what it is given. */
function listen(
  { run }: ProgramKernel,
  { inputs, outputs, attributes, memory: { scratch, scratchBytes } }: KernelGiven,
  heard: Listener,
): boolean {
  listener = heard;
  let allocated = 0;
  const heap: KernelHeap = {
    kernels: listeners,
    scratch,
    scratchBytes,
    address: (tensor) => (tensor === undefined ? 0 : firstToken + tokenStep * (tensor as PlacedTensor).place),
    allocate: () => outputs[allocated++],
  };
  return run(inputs as never, attributes as never, heap) !== undefined;
}

function callOf(name: string, args: readonly (number | boolean)[]): KernelCall {
  const { code, addresses } = kernelCodes[name];
  const given = args.map(Number);
  const places = addresses.flatMap((argument) => {
    const token = given[argument] - firstToken;
    if (token < 0) return [];
    given[argument] = 0;
    return { argument, place: Math.floor(token / tokenStep), offset: token % tokenStep };
  });
  return { code, given, places };
}
