import {
  copyRegisteredKernels,
  dispose,
  env,
  getKernel,
  getKernelsForBackend,
  grads,
  KernelBackend,
  type KernelConfig,
  type KernelFunc,
  registerBackend,
  registerKernel,
  removeBackend,
  setBackend,
  sin,
  type Tensor,
  type Tensor2D,
  tensor2d,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { KernelRegistry, type KernelReplacement, kernelFor } from './kernel-registry';
import { defineOperation } from './operation';
import { relu, reluGradient } from './ops';

/** Returns a check that the kernels of a backend are still the same objects as now. */
function kernelsOf(backend: string): () => void {
  const before = new Map(getKernelsForBackend(backend).map((config) => [config.kernelName, config]));
  return () => {
    const now = getKernelsForBackend(backend);
    expect(now.map(({ kernelName }) => kernelName).sort()).toEqual([...before.keys()].sort());
    expect(now.filter((config) => before.get(config.kernelName) !== config)).toEqual([]);
  };
}

describe('KernelRegistry', () => {
  // A backend need not exist for its kernels to be registered.
  const backend = 'made-up';
  const register = (kernelName: string, name = kernelName) => {
    const config: KernelConfig = { kernelName, backendName: backend, kernelFunc: says(name) };
    registerKernel(config);
    return config;
  };
  /** A kernel whose result shows which ones ran: `b over a` if b calls the one it replaces. */
  const says = (name: string) => (() => [name]) as unknown as KernelFunc;
  const over = (kernelName: string, name: string): KernelReplacement => ({
    kernelName,
    kernelFunc: (call, earlier) => [`${name} over ${earlier(call)}`] as never,
  });
  const run = (config: KernelConfig) => `${config.kernelFunc({ inputs: {}, backend: {} })}`;
  const runKernel = (kernelName: string) => run(getKernel(kernelName, backend));

  let warnings: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    env().set('PROD', false); // Else tfjs would not warn when a kernel is registered over another one.
    warnings = vi.spyOn(console, 'warn');
  });
  afterEach(() => {
    env().set('PROD', true);
    expect(warnings).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    for (const { kernelName } of getKernelsForBackend(backend)) unregisterKernel(kernelName, backend);
  });

  it('replaces kernels, hands them the earlier ones, and puts those back', () => {
    const earlier = ['A', 'B', 'C'].map((name) => register(name));
    const registry = new KernelRegistry({ backend, owner: 'x' });
    const expected = { active: ['A', 'B'], inactive: [] };
    expect(registry.replace([over('A', 'x'), over('B', 'x')])).toEqual(expected);
    expect(registry.report()).toEqual(expected);
    expect(['A', 'B', 'C'].map(runKernel)).toEqual(['x over A', 'x over B', 'C']);
    registry.restore();
    for (const config of earlier) expect(getKernel(config.kernelName, backend)).toBe(config);
    expect(registry.report()).toEqual({ active: [], inactive: [] });
    registry.restore();
    for (const config of earlier) expect(getKernel(config.kernelName, backend)).toBe(config);
  });

  it('is told by its kernels, of other versions of the package, too', () => {
    register('A');
    new KernelRegistry({ backend, owner: 'x' }).replace([over('A', 'x')]);
    expect(Symbol.for('@harmonic-mlp/core kernel replacement') in getKernel('A', backend)).toBe(true);
  });

  it('refuses options of other names', () => {
    expect(() => new KernelRegistry(backend as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'options' }),
    );
    expect(() => new KernelRegistry({ backend, name: 'x' } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'name' }),
    );
  });

  it('gives a kernel the whole call', () => {
    register('A');
    const call = { inputs: { x: undefined }, attrs: { rate: 1 }, backend: {} };
    const kernelFunc = vi.fn<KernelReplacement['kernelFunc']>((call, earlier) => earlier(call));
    new KernelRegistry({ backend, owner: 'x' }).replace([{ kernelName: 'A', kernelFunc }]);
    getKernel('A', backend).kernelFunc(call);
    expect(kernelFunc.mock.calls[0][0]).toBe(call);
  });

  it('leaves alone what is not there, and says so, until it is', () => {
    const registry = new KernelRegistry({ backend, owner: 'x' });
    const inactive = [{ kernel: 'A', reason: 'the made-up backend has no kernel of this name.' }];
    expect(registry.replace([over('A', 'x')])).toEqual({ active: [], inactive });
    expect(getKernel('A', backend)).toBeUndefined();
    const config = register('A');
    expect(registry.report()).toEqual({ active: [], inactive });
    registry.restore();
    expect(runKernel('A')).toBe('A');
    expect(registry.replace([over('A', 'x')]).active).toEqual(['A']);
    registry.restore();
    expect(getKernel('A', backend)).toBe(config);
  });

  it('reports on the kernels that it is asked about', () => {
    ['A', 'B'].forEach((name) => void register(name));
    const registry = new KernelRegistry({ backend, owner: 'x' });
    registry.replace([over('A', 'x')]);
    expect(registry.replace([over('B', 'x')]).active).toEqual(['B']);
    expect(registry.report().active).toEqual(['A', 'B']);
    expect(registry.report(['B', 'C'])).toEqual({
      active: ['B'],
      inactive: [{ kernel: 'C', reason: 'x has not replaced it.' }],
    });
  });

  it('leaves a kernel in place that is replaced by itself, and another one does not stack', () => {
    const stock = register('A');
    const registry = new KernelRegistry({ backend, owner: 'x' });
    const first = over('A', 'first');
    registry.replace([first]);
    const config = getKernel('A', backend);
    registry.replace([first]);
    expect(getKernel('A', backend)).toBe(config);
    registry.replace([over('A', 'second')]);
    expect(runKernel('A')).toBe('second over A');
    registry.restore();
    expect(getKernel('A', backend)).toBe(stock);
  });

  it.each([
    ['the earlier copy first', [0, 1]],
    ['the later copy first', [1, 0]],
  ])('knows the kernels of another copy of the package, and does not stack them: %s', async (_, order) => {
    const stock = register('A');
    vi.resetModules();
    const copy: typeof import('./kernel-registry') = await import('./kernel-registry');
    expect(copy.KernelRegistry).not.toBe(KernelRegistry);
    const registries = [copy.KernelRegistry, KernelRegistry].map(
      (Registry) => new Registry({ backend, owner: 'x' }),
    );
    registries[0].replace([over('A', 'copy')]);
    registries[1].replace([over('A', 'x')]);
    expect(runKernel('A')).toBe('x over A');
    expect(registries[0].report().inactive).toEqual([
      { kernel: 'A', reason: 'another kernel has been registered in its place.' },
    ]);
    registries[order[0]].restore();
    expect(runKernel('A')).toBe(order[0] === 0 ? 'x over A' : 'A');
    registries[order[1]].restore();
    expect(getKernel('A', backend)).toBe(stock);
  });

  it.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    'lets different owners stack, and take theirs back in any order: %j',
    (order) => {
      const stock = register('A');
      const owners = ['x', 'y', 'z'];
      const registries = owners.map((owner) => new KernelRegistry({ backend, owner }));
      registries.forEach((registry, i) => void registry.replace([over('A', owners[i])]));
      expect(runKernel('A')).toBe('z over y over x over A');
      const left = new Set(owners);
      for (const i of order) {
        registries[i].restore();
        left.delete(owners[i]);
        expect(runKernel('A')).toBe([...[...left].reverse(), 'A'].join(' over '));
      }
      expect(getKernel('A', backend)).toBe(stock);
    },
  );

  it('puts one of its own over that of another owner, and not below it, too', () => {
    register('A');
    const [x, y] = ['x', 'y'].map((owner) => new KernelRegistry({ backend, owner }));
    const kernel = over('A', 'x');
    x.replace([kernel]);
    y.replace([over('A', 'y')]);
    expect(x.replace([kernel]).active).toEqual(['A']);
    expect(runKernel('A')).toBe('x over y over A');
    x.restore();
    expect(runKernel('A')).toBe('y over A');
  });

  it('leaves a kernel that somebody else has registered over its own, and passes on what that one calls', () => {
    register('A');
    const registry = new KernelRegistry({ backend, owner: 'x' });
    registry.replace([over('A', 'x')]);
    const ours = getKernel('A', backend);
    unregisterKernel('A', backend);
    const theirs = { ...ours, kernelFunc: () => [`theirs over ${run(ours)}`] as never };
    registerKernel(theirs);
    expect(runKernel('A')).toBe('theirs over x over A');
    expect(registry.report().inactive).toEqual([
      { kernel: 'A', reason: 'another kernel has been registered in its place.' },
    ]);
    registry.restore();
    expect(getKernel('A', backend)).toBe(theirs);
    expect(runKernel('A')).toBe('theirs over A');
  });

  it('replaces a kernel that copies the properties of its own as it does any other', () => {
    register('A');
    const registry = new KernelRegistry({ backend, owner: 'x' });
    registry.replace([over('A', 'x')]);
    const wrapped = { ...getKernel('A', backend), kernelFunc: says('theirs') };
    unregisterKernel('A', backend);
    registerKernel(wrapped);
    registry.replace([over('A', 'x')]);
    expect(runKernel('A')).toBe('x over theirs');
    registry.restore();
    expect(getKernel('A', backend)).toBe(wrapped);
  });

  it('does not take kernels that tfjs has copied for another backend for its own', () => {
    register('A');
    const registry = new KernelRegistry({ backend, owner: 'x' });
    registry.replace([over('A', 'x')]);
    copyRegisteredKernels(backend, 'copied');
    const copied = getKernel('A', 'copied');
    const other = new KernelRegistry({ backend: 'copied', owner: 'x' });
    other.replace([over('A', 'other')]);
    expect(run(getKernel('A', 'copied'))).toBe('other over x over A');
    other.restore();
    registry.restore();
    expect(getKernel('A', 'copied')).toBe(copied);
    expect(run(copied)).toBe('A');
    unregisterKernel('A', 'copied');
  });

  it('keeps the set-up and dispose functions of a kernel, of a backend that has not started yet', async () => {
    const setupFunc = vi.fn();
    const disposeFunc = vi.fn();
    registerKernel({ ...register('A'), kernelName: 'B', setupFunc, disposeFunc });
    for (const owner of ['x', 'y']) new KernelRegistry({ backend, owner }).replace([over('B', owner)]);
    class MadeUp extends KernelBackend {
      override dispose() {}
    }
    const started = new MadeUp();
    registerBackend(backend, () => started);
    await setBackend(backend);
    expect(setupFunc.mock.calls).toEqual([[started]]);
    removeBackend(backend);
    expect(disposeFunc.mock.calls).toEqual([[started]]);
  });

  it('lets an operation’s kernel stand for the composed form, of an owner beneath it, too', () => {
    const operation = defineOperation({
      name: 'HarmonicMLP.TestText',
      compose: (inputs: Record<never, never>): Tensor[] => [`composed of ${Object.keys(inputs)}`] as never,
    });
    const typed = (name: string) =>
      kernelFor(operation, (call, earlier) => [`${name} over ${earlier(call)}`] as never);
    const [x, y] = ['x', 'y'].map((owner) => new KernelRegistry({ backend, owner }));
    expect(x.replace([typed('x')]).active).toEqual([operation.kernelName]);
    expect(runKernel(operation.kernelName)).toBe('x over composed of ');
    // By its name alone.
    y.replace([over(operation.kernelName, 'y')]);
    expect(runKernel(operation.kernelName)).toBe('y over x over composed of ');
    x.restore();
    expect(runKernel(operation.kernelName)).toBe('y over composed of ');
    y.restore();
    expect(getKernel(operation.kernelName, backend)).toBeUndefined();
    expect(y.replace([over(operation.kernelName, 'y')]).active).toEqual([]);
  });
});

describeOnEachBackend('KernelRegistry', (backend) => {
  const x = () => tensor2d([[-1, 2, 0.5]]);
  const valuesOf = async (make: () => Tensor) => {
    const made = make();
    const values = await made.data();
    dispose(made);
    return [...values];
  };
  const ofRelu = (x: Tensor2D) => valuesOf(() => relu({ x }));

  it.each([
    ['before', false],
    ['after', true],
  ])('replaces the kernel of an operation %s its first call', async (_, called) => {
    const input = x();
    for (const { kernelName } of [relu, reluGradient]) {
      const composed = getKernel(kernelName, backend)?.kernelFunc;
      if (composed === relu.composedKernel || composed === reluGradient.composedKernel) {
        unregisterKernel(kernelName, backend);
      }
    }
    if (called) await ofRelu(input);
    const expectUnchanged = kernelsOf(backend);
    const registry = new KernelRegistry({ backend, owner: 'test' });
    const shapes: number[][] = [];
    const { active } = registry.replace([
      kernelFor(relu, (call, earlier) => {
        shapes.push(call.inputs.x.shape);
        return earlier(call);
      }),
      kernelFor(reluGradient, ({ inputs: { dy, y } }) => {
        shapes.push(dy.shape, y.shape);
        return (dy as Tensor).clone();
      }),
    ]);
    expect(active).toEqual([relu.kernelName, reluGradient.kernelName]);
    expect(await ofRelu(input)).toEqual([0, 2, 0.5]);
    const gradient = () => valuesOf(() => grads((x: Tensor) => relu({ x: x as Tensor2D }))([input])[0]);
    expect(await gradient()).toEqual([1, 1, 1]);
    expect(shapes).toEqual(Array(4).fill([1, 3]));
    registry.restore();
    expectUnchanged();
    expect(await ofRelu(input)).toEqual([0, 2, 0.5]);
    expect(await gradient()).toEqual([0, 1, 1]);
    dispose(input);
  });

  it('replaces a kernel of tfjs', async () => {
    const input = x();
    const expectUnchanged = kernelsOf(backend);
    const registry = new KernelRegistry({ backend, owner: 'test' });
    registry.replace([
      { kernelName: 'Sin', kernelFunc: ({ inputs }) => (inputs.x as Tensor).clone() },
      { kernelName: 'Cos', kernelFunc: (call, earlier) => earlier(call) },
    ]);
    expect(await valuesOf(() => sin(input))).toEqual([-1, 2, 0.5]);
    registry.restore();
    expectUnchanged();
    expect((await valuesOf(() => sin(input)))[1]).toBeCloseTo(Math.sin(2), 3);
    dispose(input);
  });
});
