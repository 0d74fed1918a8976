import { customGrad, engine, type GradSaveFunc, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { type Heap, sizeOf } from '../heap';
import { linkedHeap } from '../linked-heap';
import type { WasmBackend } from '../wasm-backend';
import { gruBackward, gruForward } from './gru';
import { lstmBackward, lstmForward } from './lstm';
import { replaceMethod } from './method-replacement';
import { type Gate, Passes, type Sizes } from './passes';
import type { Sequence, SequenceGradient } from './recurrent-sequence';

interface Kind {
  readonly gates: number;
  /** How many parts there are of {@link Sequence.kept}. */
  readonly kept: number;
  forward(sequence: Sequence): void;
  backward(gradient: SequenceGradient): void;
}

const kinds: Partial<Record<string, Kind>> = {
  LSTMCell: { gates: 4, kept: 5, forward: lstmForward, backward: lstmBackward },
  GRUCell: { gates: 3, kept: 4, forward: gruForward, backward: gruBackward },
};

/** What tfjs-layers' recurrent layers have. */
interface Layer {
  cell: {
    activation: serialization.Serializable;
    recurrentActivation: serialization.Serializable;
    units: number;
    dropout: number;
    recurrentDropout: number;
    kernel: { read(): Tensor };
    recurrentKernel: { read(): Tensor };
    bias: { read(): Tensor } | null | undefined;
  };
  returnSequences: boolean;
  returnState: boolean;
  goBackwards: boolean;
  stateful: boolean;
  unroll: boolean;
}

type Options = { mask?: Tensor | null; initialState?: Tensor[] | null } | null | undefined;
type Result = Tensor | Tensor[];

/**
 * Replaces the loop of tfjs-layers' `lstm` and `gru` on the wasm backend: one call for all times, whose products are of whole
 * sequences where that is possible, instead of some 150 kernels for each time. Anything unusual is left to tfjs-layers: masks,
 * dropout, states that come from or go elsewhere, other activations than the usual ones, and gradients of gradients.
 *
 * @returns what puts tfjs-layers' own loop back; nothing is replaced unless tfjs-layers has been loaded.
 */
export function replaceRecurrentLayers(): () => void {
  const { classNameMap } = serialization.SerializationMap.getMap();
  const isOwn = (cell: object) => {
    const name = nameOf(cell as serialization.Serializable);
    return Object.getPrototypeOf(cell) === classNameMap[name]?.[0].prototype;
  };
  const recurrent = classNameMap.RNN?.[0].prototype as object | undefined;
  if (recurrent === undefined) return () => {};
  return replaceMethod<Layer, [Result, Options], Result>(
    recurrent,
    'call',
    (layer, earlier, inputs, options) => {
      const heap = linkedHeap(engine().registry[engine().backendName] as WasmBackend);
      const [x, ...others] = Array.isArray(inputs) ? inputs : [inputs];
      const kind = kinds[nameOf(layer.cell as never)];
      const isUsual =
        kind !== undefined &&
        others.length === 0 &&
        isOwn(layer.cell) &&
        isPlain(layer, options) &&
        x.dtype === 'float32' &&
        sizeOf(x) > 0 &&
        engine().state.gradientDepth < 2;
      return heap && isUsual ? run(layer, kind, x, heap) : earlier(inputs, options);
    },
  );
}

const nameOf = (object: serialization.Serializable): string => object?.getClassName?.() ?? '';

function isPlain(layer: Layer, options: Options): boolean {
  const { activation, recurrentActivation, dropout, recurrentDropout } = layer.cell;
  const isGiven = (value: unknown) => value !== null && value !== undefined;
  return (
    nameOf(activation) === 'tanh' &&
    ['hardSigmoid', 'sigmoid'].includes(nameOf(recurrentActivation)) &&
    !(dropout > 0 || recurrentDropout > 0) &&
    !(layer.returnState || layer.goBackwards || layer.stateful || layer.unroll) &&
    !isGiven(options?.mask) &&
    !isGiven(options?.initialState)
  );
}

/** The outputs of a layer, with their gradient. */
function run(layer: Layer, kind: Kind, inputs: Tensor, heap: Heap): Tensor {
  const { cell, returnSequences } = layer;
  const [batch, times, features] = inputs.shape;
  const { units } = cell;
  const sizes: Sizes = { batch, times, features, units, row: kind.gates * units };
  const gate: Gate = nameOf(cell.recurrentActivation) === 'sigmoid' ? 'sigmoid' : 'hardSigmoid';
  const tensorOf = (info: ReturnType<Heap['allocate']>) =>
    engine().makeTensorFromTensorInfo(info, heap.backend);
  const stateShape = [times + 1, batch, units];
  const keptShape = [kind.kept, times, batch, units];
  const weights = [cell.kernel, cell.recurrentKernel, ...(cell.bias ? [cell.bias] : [])].map((each) =>
    each.read(),
  );

  const forward = (
    passes: Passes,
    x: Tensor,
    kernel: Tensor,
    recurrentKernel: Tensor,
    bias: Tensor | undefined,
  ) => {
    const h = passes.result(stateShape);
    const kept = passes.result(keptShape);
    const inTime = passes.temporary(sizeOf(x));
    const projected = passes.temporary(times * batch * sizes.row);
    passes.swap(batch, times, features, heap.address(x), inTime);
    passes.product(
      times * batch,
      sizes.row,
      features,
      inTime,
      heap.address(kernel),
      projected,
      heap.address(bias),
    );
    passes.clear(batch * units, heap.address(h));
    const addresses = {
      recurrentKernel: heap.address(recurrentKernel),
      h: heap.address(h),
      kept: heap.address(kept),
    };
    kind.forward({ passes, sizes, gate, projected, ...addresses });
    const y = passes.result(returnSequences ? [batch, times, units] : [batch, units]);
    const first = addresses.h + 4 * batch * units;
    if (returnSequences) passes.swap(times, batch, units, first, heap.address(y));
    else passes.copy(batch * units, first + 4 * (times - 1) * batch * units, heap.address(y));
    return [y, h, kept].map(tensorOf);
  };

  const backward = (
    passes: Passes,
    dy: Tensor,
    [x, kernel, recurrentKernel, h, kept]: Tensor[],
    hasBias: boolean,
  ): Tensor[] => {
    const { row } = sizes;
    const all = times * batch;
    const inTime = passes.temporary(sizeOf(x));
    const dInTime = passes.temporary(sizeOf(x));
    const dz = passes.temporary(all * row);
    const dOfTimes = returnSequences ? passes.temporary(all * units) : heap.address(dy);
    if (returnSequences) passes.swap(batch, times, units, heap.address(dy), dOfTimes);
    const dh = (time: number) => {
      if (returnSequences) return dOfTimes + 4 * time * batch * units;
      return time === times - 1 ? dOfTimes : 0;
    };
    const gradients = [x, kernel, recurrentKernel].map(({ shape }) => passes.result(shape));
    if (hasBias) gradients.push(passes.result([row]));
    const [dx, dKernel, dRecurrentKernel, dBias] = gradients.map((each) => heap.address(each));
    const addresses = {
      recurrentKernel: heap.address(recurrentKernel),
      h: heap.address(h),
      kept: heap.address(kept),
    };
    kind.backward({ passes, sizes, gate, dh, dz, dRecurrentKernel, ...addresses });
    passes.productWithTransposed(all, features, row, dz, heap.address(kernel), dInTime);
    passes.swap(times, batch, features, dInTime, dx);
    passes.swap(batch, times, features, heap.address(x), inTime);
    passes.transposedProduct(features, row, all, inTime, dz, dKernel);
    if (hasBias) passes.sumRows(all, row, dz, dBias);
    return gradients.map(tensorOf);
  };

  const compute = customGrad((...given: (Tensor | GradSaveFunc)[]) => {
    const save = given[given.length - 1] as GradSaveFunc;
    const [x, kernel, recurrentKernel, bias] = given.slice(0, -1) as Tensor[];
    const [value, h, kept] = Passes.on(heap, (passes) => forward(passes, x, kernel, recurrentKernel, bias));
    save([x, kernel, recurrentKernel, h, kept]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      Passes.on(heap, (passes) => backward(passes, dy, saved, bias !== undefined));
    return { value, gradFunc };
  });
  return compute(inputs, ...weights);
}
