/** What a thread is given. */
export interface ThreadData {
  readonly kernels: WebAssembly.Module;
  readonly barrier: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Which thread it is, and how many there are. */
  readonly part: number;
  readonly parts: number;
  /** Where its scratch memory begins, from that of the first thread. */
  readonly scratchOffset: number;
  /** The address of that of the calls to execute. */
  readonly list: number;
}

/**
 * The program of a thread, as text, which needs no file that a bundler would have to know. It says that it is there, and then
 * executes its part of each list of calls until the threads end.
 */
export const workerSource = `
const node = globalThis.process?.getBuiltinModule?.('worker_threads');
const start = ({ kernels, barrier, memory, part, parts, scratchOffset, list }) => {
  const team = new WebAssembly.Instance(barrier, { env: { memory } }).exports;
  const env = { memory, barrier: team.barrier, sin: Math.sin, cos: Math.cos };
  const { execute } = new WebAssembly.Instance(kernels, { env }).exports;
  const address = new Uint32Array(memory.buffer, list, 1);
  (node?.parentPort ?? globalThis).postMessage('started');
  while (team.begin(part)) execute(address[0], part, parts, scratchOffset);
};
if (node?.parentPort) start(node.workerData);
else globalThis.onmessage = ({ data }) => start(data);
`;
