import {
  disposeRecording,
  type LiteralData,
  programOf,
  type Recording,
  recordStep,
} from '@harmonic-mlp/core/program';
import {
  clone,
  dispose,
  engine,
  env,
  keep,
  type Optimizer,
  serialization,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Heap } from '../heap';
import { linkedHeap } from '../linked-heap';
import { replaceMethod } from '../stock/method-replacement';
import type { WasmBackend } from '../wasm-backend';
import { isRepeatable, type LayersModel, watched } from './repeatable-model';
import { noteKernels, RepeatedStep, releaseSteps } from './repeated-step';

/** What takes a training step on a batch: inputs, targets, and weights of examples, and returns the loss and the metrics. */
type TrainFunction = (data: (Tensor | null)[]) => Tensor[];

/** A gradient by the name of its variable, if the loss depends on that. */
interface NamedGradient {
  name: string;
  tensor: Tensor | null | undefined;
}

/** A step that has been recorded once. */
interface RecordedStep {
  readonly recording: Recording;
  /** The shapes of the loss, the metrics, and the gradients. */
  readonly shapes: readonly number[][];
  /** The parameters, and whether the loss depends on each. */
  readonly parameters: readonly { readonly name: string; readonly hasGradient: boolean }[];
}

/** What is known of steps of one form; undefined if they cannot be repeated. */
type Known =
  | RecordedStep
  | (Pick<RecordedStep, 'parameters'> & { readonly repeated: RepeatedStep })
  | undefined;

/** Steps of more forms than these are not recorded. */
const mostForms = 8;

/**
 * Replaces what `fit`, `fitDataset`, and `trainOnBatch` of tfjs-layers make of a model to train it. Its first steps are recorded; later
 * ones call the same kernels on the same values, without the bookkeeping of tfjs around each of them, which takes longer than the
 * kernels in a small network. The optimizer is called as ever. Models whose steps may depend on something that is not recorded, such
 * as layers and losses of one's own, are left to tfjs-layers.
 *
 * @returns what puts tfjs-layers' own functions back; nothing is replaced unless tfjs-layers has been loaded.
 */
export function replaceTrainFunctions(): () => void {
  const { classNameMap } = serialization.SerializationMap.getMap();
  const models = classNameMap.Model?.[0].prototype as Partial<Record<string, unknown>> | undefined;
  if (typeof models?.makeTrainFunction !== 'function') return () => {};
  noteKernels();
  const steps = new WeakMap<LayersModel, TrainingSteps>();
  const putBack = replaceMethod<LayersModel, [], TrainFunction>(
    models,
    'makeTrainFunction',
    (model, earlier) => {
      const train = earlier();
      return (data) => {
        const heap = linkedHeap(engine().registry[engine().backendName] as WasmBackend);
        if (heap === undefined || isObserved()) return train(data);
        const known = steps.get(model);
        if (known?.isCurrent(heap)) return known.take(data, train);
        known?.release();
        if (!isRepeatable(model)) return train(data);
        const current = new TrainingSteps(model, heap);
        steps.set(model, current);
        return current.take(data, train);
      };
    },
  );
  return () => {
    putBack();
    releaseSteps();
  };
}

/** Whether somebody looks at each kernel, or takes the gradient of the step. */
function isObserved(): boolean {
  const { gradientDepth, profiling } = engine().state;
  return gradientDepth > 0 || profiling || env().getBool('DEBUG');
}

/** The training steps of one model. */
class TrainingSteps {
  readonly #model: LayersModel;
  readonly #heap: Heap;
  readonly #watched: ReturnType<typeof watched>;
  /** Their order in the model changes with what is trainable. */
  readonly #weights: LayersModel['weights'];
  readonly #known = new Map<string, Known>();

  constructor(model: LayersModel, heap: Heap) {
    this.#model = model;
    this.#heap = heap;
    this.#watched = watched(model);
    this.#weights = model.weights;
  }

  /** Whether the model and its layers are as they were, which another call of `compile` changes, or whoever sets a property. */
  isCurrent(heap: Heap): boolean {
    if (this.#heap !== heap) return false;
    for (const { object, name, value } of this.#watched) if (object[name] !== value) return false;
    return true;
  }

  /** Frees what its steps keep. */
  release(): void {
    for (const known of this.#known.values()) if (known && 'repeated' in known) known.repeated.release();
  }

  take(data: (Tensor | null)[], train: TrainFunction): Tensor[] {
    const form = formOf(data, this.#model.collectedTrainableWeights);
    let known = this.#known.get(form);
    if (known !== undefined && 'repeated' in known) {
      if (known.repeated.isCurrent) return this.#repeat(known, data);
      known.repeated.release();
      this.#known.delete(form);
      known = undefined;
    }
    const isFirst = !this.#known.has(form);
    if (isFirst ? this.#known.size >= mostForms : known === undefined) return train(data);
    const tensors = this.#tensors(data);
    if (shareData(tensors)) return train(data);
    return this.#record(
      tensors,
      () => train(data),
      (recorded) => {
        this.#known.set(form, known && recorded ? this.#repeated(known, recorded) : recorded);
      },
    );
  }

  #repeated(first: RecordedStep, { recording, shapes, parameters }: RecordedStep): Known {
    const outcome = programOf(first.recording, recording);
    if ('obstacle' in outcome) return undefined;
    const { program } = outcome;
    const isKnown = program.values.every(({ dtype }) => types.includes(dtype));
    // What no call computes comes from somewhere else, such as another copy of this package that repeats steps.
    const computed = new Set(program.calls.flatMap(({ outputs }) => outputs.map(({ value }) => value)));
    const results = [...program.outputs, ...Object.values(program.states).map(({ after }) => after)];
    try {
      return isKnown && results.every((place) => computed.has(place))
        ? { repeated: new RepeatedStep(program, shapes, this.#heap), parameters }
        : undefined;
    } catch (error) {
      // There is no memory left for what it keeps.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Takes a step as ever, and records it up to the gradients. */
  #record(
    tensors: readonly (Tensor | null)[],
    train: () => Tensor[],
    note: (recorded: RecordedStep | undefined) => void,
  ): Tensor[] {
    const { optimizer_: optimizer } = this.#model;
    const given: NamedGradient[] = [];
    const named = Object.entries(tensors).filter((entry): entry is [string, Tensor] => entry[1] !== null);
    const count = tensors.length - this.#weights.length;
    const outputsOf = (results: readonly Tensor[]) => [
      ...results,
      ...given.flatMap(({ tensor }) => tensor ?? []),
    ];
    try {
      const { result, outcome } = recordStep(
        {
          inputs: Object.fromEntries(named.filter(([at]) => Number(at) < count)),
          states: () => Object.fromEntries(named.filter(([at]) => Number(at) >= count)),
          key: [0, 0],
          numbers: {},
        },
        () =>
          withoutApplying(optimizer, train, (gradients) => {
            for (const { name, tensor } of gradients)
              given.push({ name, tensor: tensor ? keep(clone(tensor)) : undefined });
          }),
        outputsOf,
      );
      const recording = 'recording' in outcome ? withoutTensors(outcome.recording) : undefined;
      note(
        recording && {
          recording,
          shapes: outputsOf(result).map(({ shape }) => shape),
          parameters: given.map(({ name, tensor }) => ({ name, hasGradient: tensor !== undefined })),
        },
      );
      optimizer.applyGradients(given as never);
      return result;
    } finally {
      dispose(given.flatMap(({ tensor }) => tensor ?? []));
    }
  }

  #repeat(
    { repeated, parameters }: Extract<Known, { repeated: unknown }>,
    data: (Tensor | null)[],
  ): Tensor[] {
    const { optimizer_: optimizer, metricsTensors } = this.#model;
    const outputs = repeated.run(this.#tensors(data));
    const gradients = outputs.splice(1 + metricsTensors.length);
    try {
      let at = 0;
      const named = parameters.map(({ name, hasGradient }) => ({
        name,
        tensor: hasGradient ? gradients[at++] : undefined,
      }));
      optimizer.applyGradients(named as never);
    } finally {
      dispose(gradients);
    }
    return outputs;
  }

  /** Those that a step is given, and the weights. */
  #tensors(data: readonly (Tensor | null)[]): (Tensor | null)[] {
    return [...data, ...this.#weights.map((weight) => weight.read())];
  }
}

/** The types of what a step may compute. */
const types: readonly string[] = ['float32', 'int32', 'bool'];

/** Whether two tensors have the same data, in which case a recording could not tell which one a kernel was given. */
function shareData(tensors: readonly (Tensor | null)[]): boolean {
  const dataIds = tensors.flatMap((tensor) => tensor?.dataId ?? []);
  return new Set(dataIds).size < dataIds.length;
}

/** What makes steps alike: the types and shapes of their batches, and which parameters are trained, which does not take `compile`. */
function formOf(
  data: readonly (Tensor | null)[],
  parameters: LayersModel['collectedTrainableWeights'],
): string {
  let form = '';
  for (const tensor of data) form += tensor ? `${tensor.dtype} ${tensor.shape};` : ';';
  for (const parameter of parameters) form += parameter.read().trainable ? 1 : 0;
  return form;
}

/** Takes a step in which the optimizer leaves its gradients to another function. */
function withoutApplying<T>(
  optimizer: Optimizer,
  step: () => T,
  take: (gradients: readonly NamedGradient[]) => void,
): T {
  const own = Object.getOwnPropertyDescriptor(optimizer, 'applyGradients');
  optimizer.applyGradients = take as never;
  try {
    return step();
  } finally {
    delete (optimizer as Partial<Optimizer>).applyGradients;
    if (own !== undefined) Object.defineProperty(optimizer, 'applyGradients', own);
  }
}

/** Constants of more values than these are no constants of a model that tfjs-layers makes. */
const mostConstantValues = 1024;

/** A recording that holds no tensors, but the values of the few that it does not compute; undefined if they are many. */
function withoutTensors(recording: Recording): Recording | undefined {
  const origins = new Map(recording.origins);
  let isSmall = true;
  for (const [place, origin] of origins) {
    if (origin.kind !== 'constant') continue;
    const { tensor } = origin;
    isSmall &&= tensor.size <= mostConstantValues;
    if (isSmall) origins.set(place, { kind: 'literal', data: tensor.dataSync() as LiteralData });
  }
  disposeRecording(recording);
  return isSmall ? { ...recording, origins } : undefined;
}
