import '@tensorflow/tfjs-backend-wasm';
import {
  batchNorm,
  dense,
  dropout,
  foldIn,
  harmonic,
  type RandomKey,
  randomKey,
  randomUniform,
  softmaxCrossEntropy,
} from '@harmonic-mlp/core';
import { type CompiledProgram, executorOf, planMemory, setExecutor } from '@harmonic-mlp/core/program';
import {
  add,
  clone,
  concat,
  engine,
  exp,
  matMul,
  memory,
  mul,
  setBackend,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  type Variable,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerWasmKernels, unregisterWasmKernels } from '../src';
import { wasmExecutor } from '../src/executor';
import { operationKernels } from '../src/operations';
import { programCompiler } from '../src/program/compile-program';
import type { WasmBackend } from '../src/wasm-backend';
import { compileStep, tryToCompile } from './support/compile-step';

beforeAll(async () => {
  await setBackend('wasm');
  await registerWasmKernels();
});
afterAll(() => unregisterWasmKernels());
const made: { dispose(): void }[] = [];
const own = <T extends { dispose(): void }>(thing: T): T => {
  made.push(thing);
  return thing;
};
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

const backend = () => engine().registry.wasm as never as WasmBackend;
const random = (seed: number, shape: [number, number]) =>
  own(tensor2d(randomUniform(foldIn(randomKey(seed), 'values'), shape[0] * shape[1]), shape));

/** A step of a small network: its loss, and the gradients of its weights; its statistics move. */
function network({ units = 9, batch = 7 } = {}) {
  const weights: Record<string, Variable> = {
    kernel: own(variable(random(1, [5, units]))),
    bias: own(variable(own(tensor1d(new Float32Array(units).fill(0.1))))),
    output: own(variable(random(2, [units, 3]))),
    gamma: own(variable(own(tensor1d(new Float32Array(units).fill(1.5))))),
    beta: own(variable(own(tensor1d(new Float32Array(units).fill(0.2))))),
  };
  const statistics: Record<string, Variable> = {
    runningMean: own(variable(own(tensor1d(new Float32Array(units))), false)),
    runningVariance: own(variable(own(tensor1d(new Float32Array(units).fill(1))), false)),
  };
  const periods = own(tensor1d(Float32Array.from({ length: units }, (_, i) => 1 + i)));
  const labels = own(
    tensor1d(
      Int32Array.from({ length: batch }, (_, i) => i % 3),
      'int32',
    ),
  );
  const step = (x: Tensor2D, key: RandomKey): Tensor[] => {
    const { value, grads } = variableGrads(() => {
      const { kernel, bias, output, gamma, beta } = weights as Record<string, never>;
      const { runningMean, runningVariance } = statistics as Record<string, never>;
      const z = dense({ x, kernel, bias });
      const [y, , , mean, variance] = batchNorm(
        {
          x: harmonic({ z, periods }, { residual: 0.1 }),
          gamma,
          beta,
          runningMean,
          runningVariance,
        },
        { epsilon: 1e-5, momentum: 0.1 },
      );
      statistics.runningMean.assign(mean);
      statistics.runningVariance.assign(variance);
      const logits = dense({ x: dropout(y, { rate: 0.3, key: foldIn(key, 0) }), kernel: output });
      return softmaxCrossEntropy({ logits, labels })[0];
    }, Object.values(weights));
    for (const weight of Object.values(weights)) {
      const rate = 0.1;
      weight.assign(sub(weight, mul(grads[weight.name], rate)));
    }
    return [value, grads[weights.kernel.name]];
  };
  return { states: { ...weights, ...statistics }, step, batch };
}

type ProgramStep = (x: Tensor2D, key: RandomKey) => Tensor[];

/** The program of a step, which must be one. */
function compiled(step: ProgramStep, states: Record<string, Variable>, batch: number): CompiledProgram {
  return own(compileStep(({ x }, key) => step(x as Tensor2D, key), { x: random(11, [batch, 5]) }, states));
}

const valuesOf = (tensors: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));

/** Gives states whose data other tensors have data of their own. */
function unshare(program: CompiledProgram, states: Record<string, Variable>): void {
  for (const name of program.shared()) states[name].assign(own(mul(states[name], 1)));
}

describe('A program on the heap', () => {
  it.each([{}, { units: 1, batch: 2 }, { units: 64, batch: 33 }])(
    'computes the same bits as its operations: %j',
    (sizes) => {
      const { states, step, batch } = network(sizes);
      const program = compiled(step, states, batch);
      const start = Object.entries(states).map(([name, each]) => [name, own(mul(each, 1))] as const);
      const [ofProgram, ofOperations] = [true, false].map((isProgram) => {
        for (const [name, value] of start) states[name].assign(own(mul(value, 1)));
        const results = [3, 4, 5].map((seed) => {
          const x = random(20 + seed, [batch, 5]);
          const key = randomKey(seed);
          if (!isProgram) return tidy(() => step(x, key).map((each) => [...each.dataSync()]));
          program.bind({ ...states, x });
          unshare(program, states);
          return (program.execute({ key, numbers: {} }) as Float32Array[]).map((each) => [...each]);
        });
        return { results, states: valuesOf(states) };
      });
      expect(ofProgram).toEqual(ofOperations);
    },
  );

  it('changes parameters that products have read before, as those of tfjs, which keep matrices by their ids', () => {
    const w = own(variable(random(1, [5, 2])));
    const x = own(tensor2d(Array(10).fill(1), [5, 2]));
    const step = ({ x }: Record<string, Tensor>) => {
      w.assign(add(w, x));
      return [sum(w)];
    };
    const program = own(compileStep(step, { x }, { w }));
    const ones = own(tensor2d([[1, 1, 1, 1, 1]]));
    const totals = () =>
      tidy(() => [...matMul(ones, w as Tensor2D).dataSync()].map((total) => Math.round(total)));
    const before = totals();
    program.bind({ w, x });
    unshare(program, { w });
    const { dataId } = w;
    for (let i = 1; i <= 3; i++) {
      program.execute({ key: randomKey(1), numbers: {} });
      expect(totals()).toEqual(before.map((total) => total + 5 * i));
    }
    expect(w.dataId).toBe(dataId);
  });

  it('writes to the memory of its values only', () => {
    const { states, step, batch } = network({ units: 13, batch: 6 });
    const guard = 64;
    const offsets = new Map<number, number>();
    let bytes = guard;
    /** One after the other, with a guard before and after each. */
    const plan: typeof planMemory = (program, chosen) => {
      for (const place of chosen) {
        offsets.set(place, bytes);
        bytes += planMemory(program, [place]).bytes + guard;
      }
      return { offsets, bytes };
    };
    const executor = executorOf('wasm');
    setExecutor('wasm', wasmExecutor(programCompiler(operationKernels, () => true, plan)));
    const malloc = vi.spyOn(backend().wasm, '_malloc');
    const program = compiled(step, states, batch);
    setExecutor('wasm', executor);
    const call = malloc.mock.calls.findIndex(([size]) => size === bytes);
    const start = (malloc.mock.results[call].value as number) >>> 0;
    malloc.mockRestore();
    const heap = () => backend().wasm.HEAPU8.subarray(start, start + bytes);
    const isGuard = new Uint8Array(bytes).fill(1);
    const sorted = [...offsets.values()].sort((a, b) => a - b);
    sorted.forEach((offset, i) => {
      isGuard.fill(0, offset, (sorted[i + 1] ?? bytes) - guard);
    });
    isGuard.forEach((flag, i) => {
      if (flag) heap()[i] = 0xa5;
    });
    program.bind({ ...states, x: random(3, [batch, 5]) });
    unshare(program, states);
    program.execute({ key: randomKey(9), numbers: {} });
    const touched = heap().findIndex((value, i) => isGuard[i] === 1 && value !== 0xa5);
    expect(touched).toBe(-1);
  });

  it('takes an input from its own memory', () => {
    const states = { w: own(variable(own(tensor1d([1, 2, 3, 4, 5])))) };
    const program = compiled((x) => [sum(mul(x, states.w))], states, 2);
    const x = random(5, [2, 5]);
    program.bind({ ...states, x });
    const [[expected]] = program.execute({ key: randomKey(1), numbers: {} }) as Float32Array[];
    program.bind(states);
    program.memoryOf('x').set(x.dataSync());
    const [[given]] = program.execute({ key: randomKey(1), numbers: {} }) as Float32Array[];
    expect(given).toBe(expected);
  });

  it('tells which states share data, and follows those that are assigned', () => {
    const states = {
      w: own(variable(own(tensor1d([1, 2, 3, 4, 5])))),
      v: own(variable(own(tensor1d([0, 0, 0, 0, 0])))),
    };
    const step: ProgramStep = (x) => {
      states.w.assign(add(states.w, sum(x, 0)) as Tensor1D);
      states.v.assign(mul(states.w, 2));
      return [sum(states.w)];
    };
    const program = compiled(step, states, 2);
    const x = own(tensor2d(new Float32Array(10).fill(1), [2, 5]));
    program.bind({ ...states, x });
    const copy = own(clone(states.w as Tensor));
    expect(program.shared()).toEqual(['w']);
    const before = [...copy.dataSync()];
    states.w.assign(own(tensor1d([0, 0, 0, 0, 1])));
    // The tensor that was assigned has the same data.
    expect(program.shared()).toEqual(['w']);
    states.w.assign(own(mul(states.w, 1)));
    made.splice(made.length - 1, 1)[0].dispose();
    expect(program.shared()).toEqual([]);
    program.execute({ key: randomKey(1), numbers: {} });
    expect([...states.w.dataSync()]).toEqual([2, 2, 2, 2, 3]);
    expect([...states.v.dataSync()]).toEqual([4, 4, 4, 4, 6]);
    expect([...copy.dataSync()]).toEqual(before);
  });

  it.each<[string, (x: Tensor2D, w: Tensor, v: Tensor) => Tensor]>([
    ['reads neither', (x) => sum(x, 0)],
    ['reads one of them', (x, w) => add(w, sum(x, 0))],
    ['reads both', (x, w, v) => sum(add(mul(x, w), v), 0)],
  ])('gives two states the tensor that both are assigned, if the step %s', (_, next) => {
    const states = {
      w: own(variable(own(tensor1d([1, 2, 3, 4, 5])))),
      v: own(variable(own(tensor1d([2, 2, 2, 2, 2])))),
    };
    const step: ProgramStep = (x) => {
      const both = next(x, states.w, states.v) as Tensor1D;
      states.w.assign(both);
      states.v.assign(both);
      return [sum(both)];
    };
    const x = own(tensor2d([1, 2, 3, 4, 5, 1, 1, 1, 1, 1], [2, 5]));
    const program = compiled(step, states, 2);
    program.bind({ ...states, x });
    const expected = tidy(() => [...next(x, states.w, states.v).dataSync()]);
    const [[total]] = program.execute({ key: randomKey(1), numbers: {} }) as Float32Array[];
    expect(valuesOf(states)).toEqual({ w: expected, v: expected });
    expect(total).toBe(expected.reduce((a, b) => a + b));
  });

  it.each<[string, (w: Variable, v: Variable, x: Tensor2D) => Tensor[]]>([
    [
      'gives another state',
      (w, v, x) => {
        v.assign(w as Tensor);
        w.assign(add(w, sum(x, 0)));
        return [sum(w)];
      },
    ],
    [
      'exchanges for another state',
      (w, v, x) => {
        const earlier = clone(w as Tensor);
        w.assign(v as Tensor);
        v.assign(earlier);
        return [sum(x)];
      },
    ],
    [
      'gives out',
      (w, _, x) => {
        const earlier = clone(w as Tensor);
        w.assign(add(w, sum(x, 0)));
        return [earlier];
      },
    ],
  ])('does not run a step that %s what a state was', (_, of) => {
    const w = own(variable(own(tensor1d([1, 2, 3, 4, 5]))));
    const v = own(variable(own(tensor1d([0, 0, 0, 0, 0]))));
    const inputs = { x: random(11, [2, 5]) };
    const outcome = tryToCompile(({ x }) => of(w, v, x as Tensor2D), inputs, { w, v });
    expect(outcome).toEqual({ obstacle: 'it keeps what w was before the step' });
  });

  it('gives back its memory', () => {
    const { states, step, batch } = network();
    const program = compiled(step, states, batch);
    const free = vi.spyOn(backend().wasm, '_free');
    const before = memory().numBytes;
    program.dispose();
    made.splice(made.indexOf(program), 1);
    expect(free).toHaveBeenCalledTimes(2);
    expect(memory().numBytes).toBe(before);
    free.mockRestore();
  });

  it('is not current once the kernels are gone', async () => {
    const states = { w: own(variable(own(tensor1d([1, 2, 3, 4, 5])))) };
    const program = compiled((x) => [sum(mul(x, states.w))], states, 2);
    expect(program.isCurrent).toBe(true);
    unregisterWasmKernels();
    const malloc = vi.spyOn(backend().wasm, '_malloc');
    expect(program.isCurrent).toBe(false);
    expect(malloc).not.toHaveBeenCalled();
    malloc.mockRestore();
    expect(executorOf('wasm')).toBeUndefined();
    await registerWasmKernels();
  });

  it.each<[string, ProgramStep, RegExp]>([
    ['a kernel that it does not have', (x) => [sum(exp(x))], /there is no kernel for Exp of \[2,5\]/],
    [
      'shapes that its kernel does not take',
      (x) => [concat([x, square(x)], 1)],
      /there is no kernel for Concat of/,
    ],
  ])('does not run with %s', (_, step, obstacle) => {
    const outcome = tryToCompile(({ x }, key) => step(x as Tensor2D, key), { x: random(11, [2, 5]) });
    expect(outcome).toEqual({ obstacle: expect.stringMatching(obstacle) });
  });
});
