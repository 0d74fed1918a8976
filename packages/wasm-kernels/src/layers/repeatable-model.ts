import { losses, Optimizer, serialization, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** The parts of tfjs-layers' models that training needs; some are not in its types. */
export interface LayersModel {
  readonly layers: readonly Layer[];
  /** All of them, those that are not trained included. */
  readonly weights: readonly { read(): Variable }[];
  readonly collectedTrainableWeights: readonly { read(): Variable }[];
  readonly optimizer_: Optimizer;
  /** What `compile` was given: one for all outputs, or one for each, by place or by name. */
  readonly loss: Given;
  readonly metrics: Given;
  readonly lossFunctions: readonly unknown[];
  /** The functions of all metrics. */
  readonly metricsTensors: readonly unknown[];
}

type Given =
  | string
  | ((...args: Tensor[]) => Tensor)
  | Given[]
  | { [output: string]: Given }
  | null
  | undefined;

interface Layer extends serialization.Serializable {
  /** Set by `setCallHook`. */
  readonly _callHook?: unknown;
  /** What the layer adds to the loss. */
  readonly _losses?: readonly unknown[];
  readonly activation?: serialization.Serializable;
}

/**
 * Layers whose outputs depend on nothing but their inputs, their weights, and what they were made with. Random ones would only be
 * recorded in vain, and those with a state or a loop of their own have other ways.
 */
const repeatableLayers = [
  'Activation',
  'Add',
  'Average',
  'AveragePooling1D',
  'AveragePooling2D',
  'AveragePooling3D',
  'BatchNormalization',
  'Concatenate',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'Conv3D',
  'Conv3DTranspose',
  'Cropping2D',
  'Dense',
  'DepthwiseConv2D',
  'Dot',
  'ELU',
  'Embedding',
  'Flatten',
  'GlobalAveragePooling1D',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling1D',
  'GlobalMaxPooling2D',
  'InputLayer',
  'LayerNormalization',
  'LeakyReLU',
  'MaxPooling1D',
  'MaxPooling2D',
  'MaxPooling3D',
  'Maximum',
  'Minimum',
  'Multiply',
  'PReLU',
  'Permute',
  'ReLU',
  'RepeatVector',
  'Reshape',
  'SeparableConv2D',
  'Softmax',
  'ThresholdedReLU',
  'UpSampling2D',
  'ZeroPadding2D',
];

const activations = [
  'elu',
  'gelu',
  'gelu_new',
  'hardSigmoid',
  'linear',
  'logSoftmax',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh',
];

/** The fields of layers that hold regularizers. */
const regularizers = /regularizer$/i;

/**
 * Whether a step that has been taken says all about later ones, given their batches and the weights: its layers, losses, and metrics
 * are tfjs's own, since any other function may depend on whatever it likes.
 */
export function isRepeatable(model: LayersModel): boolean {
  const { minimize, computeGradients } = model.optimizer_ ?? {};
  return (
    isOwn(model as never, ['Model', 'Functional', 'Sequential']) &&
    minimize === Optimizer.prototype.minimize &&
    computeGradients === Optimizer.prototype.computeGradients &&
    areKnown(model.loss) &&
    areKnown(model.metrics) &&
    model.layers.every(isRepeatableLayer)
  );
}

/**
 * What a step depends on and anybody may set, as it is now: the properties of the model that `compile` sets, and those of its layers,
 * with their activations and regularizers.
 */
export function watched(
  model: LayersModel,
): { object: Record<string, unknown>; name: string; value: unknown }[] {
  const all = (object: object) =>
    Object.entries(object).map(([name, value]) => ({
      object: object as Record<string, unknown>,
      name,
      value,
    }));
  const ofModel = ['optimizer_', 'lossFunctions', 'metricsTensors', 'collectedTrainableWeights'] as const;
  return [
    ...ofModel.map((name) => ({ object: model as never, name, value: model[name] })),
    ...['minimize', 'computeGradients'].map((name) => ({
      object: model.optimizer_ as never,
      name,
      value: (model.optimizer_ as never)[name],
    })),
    ...model.layers.flatMap((layer) => [
      ...all(layer),
      ...regularizersOf(layer).flatMap(all),
      { object: layer as never, name: 'call', value: (layer as never as Record<string, unknown>).call },
    ]),
  ];
}

/** The regularizers of a layer. */
const regularizersOf = (layer: Layer): serialization.Serializable[] =>
  Object.entries(layer).flatMap(([name, value]) => (regularizers.test(name) && value ? [value] : []));

function isRepeatableLayer(layer: Layer): boolean {
  const added = regularizersOf(layer);
  return (
    isOwn(layer, repeatableLayers) &&
    !layer._callHook &&
    !(layer.activation && !isOwn(layer.activation, activations)) &&
    (layer._losses ?? []).length === added.length &&
    added.every((each) => isOwn(each, ['L1L2']))
  );
}

/** Whether something is of one of these classes, as tfjs-layers has them, and has no method of its own. */
function isOwn(object: serialization.Serializable, classes: readonly string[]): boolean {
  const name = object.getClassName?.();
  const { classNameMap } = serialization.SerializationMap.getMap();
  return (
    classes.includes(name) &&
    Object.getPrototypeOf(object) === classNameMap[name]?.[0].prototype &&
    !['call', 'apply', 'calculateLosses'].some((method) => Object.hasOwn(object, method))
  );
}

const functions: readonly unknown[] = Object.values(losses);

/** Whether all losses or metrics are given by name, or are tfjs's own. */
function areKnown(given: Given): boolean {
  if (given === null || given === undefined || typeof given === 'string') return true;
  if (typeof given === 'function') return functions.includes(given);
  return Object.values(given).every(areKnown);
}
