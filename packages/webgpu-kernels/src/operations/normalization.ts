import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  layerNorm,
  layerNormGradient,
} from '@harmonic-mlp/core';
import { float, input, output, sizeOf, temporary } from '../lowering';
import {
  columnGroup,
  defineShader,
  groupsFor,
  perElement,
  sumOverGroup,
  sumOverRows,
  sumsOfColumns,
} from '../shader';
import { columnDispatch, kernelOf } from './operation-kernel';

/** The rows of a column, by the invocations that are at it. */
const eachRow = (work: string) => `
  if (unit < params.units) {
    for (var row = local.y; row < params.batch; row += 16u) {
      let i = row * params.units + unit;
      ${work}
    }
  }`;

// In two parts, since a device need not have more than eight buffers for a shader.
const batchStatisticsShader = /* @__PURE__ */ defineShader({
  name: 'BatchNorm, statistics',
  reads: ['x', 'runningMean', 'runningVariance'],
  writes: ['batchMean', 'batchInverse', 'newMean', 'newVariance'],
  parameters: { batch: 'u32', units: 'u32', epsilon: 'f32', momentum: 'f32' },
  declarations: sumOverRows,
  workgroup: columnGroup,
  body: `
  let unit = id.x;
  let batch = f32(params.batch);
  var sum = 0.0;
  ${eachRow('sum += x[i];')}
  let mean = sumOverRows(sum, local.x, local.y) / batch;
  var squares = 0.0;
  ${eachRow('squares += (x[i] - mean) * (x[i] - mean);')}
  let variance = sumOverRows(squares, local.x, local.y) / batch;
  if (local.y == 0u && unit < params.units) {
    batchMean[unit] = mean;
    batchInverse[unit] = 1.0 / sqrt(variance + params.epsilon);
    newMean[unit] = runningMean[unit] * (1.0 - params.momentum) + mean * params.momentum;
    newVariance[unit] = runningVariance[unit] * (1.0 - params.momentum)
      + (variance * (batch / (batch - 1.0))) * params.momentum;
  }`,
});

const normalizeShader = /* @__PURE__ */ perElement({
  name: 'BatchNorm',
  reads: ['x', 'gamma', 'beta', 'mean', 'inverse'],
  writes: ['y'],
  parameters: { units: 'u32' },
  body: `let unit = i % params.units;
  y[i] = (x[i] - mean[unit]) * (inverse[unit] * gamma[unit]) + beta[unit];`,
});

const batchNormGradientShader = /* @__PURE__ */ defineShader({
  name: 'BatchNormGradient',
  reads: ['dy', 'x', 'gamma', 'mean', 'inverseDeviation'],
  writes: ['dx', 'dGamma', 'dBeta'],
  parameters: { batch: 'u32', units: 'u32' },
  declarations: sumOverRows,
  workgroup: columnGroup,
  body: `
  let unit = id.x;
  let batch = f32(params.batch);
  var center = 0.0;
  var inverse = 0.0;
  var scale = 0.0;
  if (unit < params.units) {
    center = mean[unit];
    inverse = inverseDeviation[unit];
    scale = gamma[unit] * inverse;
  }
  var products = 0.0;
  var sum = 0.0;
  ${eachRow('products += dy[i] * ((x[i] - center) * inverse); sum += dy[i];')}
  let ofGamma = sumOverRows(products, local.x, local.y);
  let ofBeta = sumOverRows(sum, local.x, local.y);
  ${eachRow('dx[i] = (dy[i] - (((x[i] - center) * inverse) * (ofGamma / batch) + ofBeta / batch)) * scale;')}
  if (local.y == 0u && unit < params.units) {
    dGamma[unit] = ofGamma;
    dBeta[unit] = ofBeta;
  }`,
});

const batchNormInferenceShader = /* @__PURE__ */ perElement({
  name: 'BatchNormInference',
  reads: ['x', 'gamma', 'beta', 'runningMean', 'runningVariance'],
  writes: ['y'],
  parameters: { units: 'u32', epsilon: 'f32' },
  body: `let unit = i % params.units;
  let scale = gamma[unit] / sqrt(runningVariance[unit] + params.epsilon);
  y[i] = x[i] * scale + (beta[unit] - runningMean[unit] * scale);`,
});

/** The mean and the inverse deviation of a row, whose invocations are a workgroup. */
const rowStatistics = `
  let row = group.x + group.y * groups.x;
  if (row >= params.batch) { return; }
  let start = row * params.units;
  let units = f32(params.units);
  var sum = 0.0;
  for (var unit = local.x; unit < params.units; unit += 256u) { sum += x[start + unit]; }
  let mean = sumOverGroup(sum, local.x) / units;
  var squares = 0.0;
  for (var unit = local.x; unit < params.units; unit += 256u) {
    squares += (x[start + unit] - mean) * (x[start + unit] - mean);
  }
  let inverse = 1.0 / sqrt(sumOverGroup(squares, local.x) / units + params.epsilon);`;

const layerNormShader = /* @__PURE__ */ defineShader({
  name: 'LayerNorm',
  reads: ['x', 'gamma', 'beta'],
  writes: ['y'],
  parameters: { batch: 'u32', units: 'u32', epsilon: 'f32' },
  declarations: sumOverGroup,
  body: `${rowStatistics}
  for (var unit = local.x; unit < params.units; unit += 256u) {
    y[start + unit] = ((x[start + unit] - mean) * inverse) * gamma[unit] + beta[unit];
  }`,
});

const layerNormGradientShader = /* @__PURE__ */ defineShader({
  name: 'LayerNormGradient',
  reads: ['dy', 'x', 'gamma'],
  // The statistics of the rows, for the gradients of gamma and beta.
  writes: ['dx', 'statistics'],
  parameters: { batch: 'u32', units: 'u32', epsilon: 'f32' },
  declarations: sumOverGroup,
  body: `${rowStatistics}
  var gradients = 0.0;
  var products = 0.0;
  for (var unit = local.x; unit < params.units; unit += 256u) {
    let g = dy[start + unit] * gamma[unit];
    gradients += g;
    products += g * ((x[start + unit] - mean) * inverse);
  }
  let meanGradient = sumOverGroup(gradients, local.x) / units;
  let meanProduct = sumOverGroup(products, local.x) / units;
  for (var unit = local.x; unit < params.units; unit += 256u) {
    let g = dy[start + unit] * gamma[unit];
    dx[start + unit] = ((g - meanGradient) - ((x[start + unit] - mean) * inverse) * meanProduct) * inverse;
  }
  if (local.x == 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = inverse;
  }`,
});

const layerNormGammaShader = /* @__PURE__ */ sumsOfColumns({
  name: 'LayerNormGradient of gamma',
  reads: ['dy', 'x', 'statistics'],
  writes: ['dGamma'],
  term: 'dy[i] * ((x[i] - statistics[2u * row]) * statistics[2u * row + 1u])',
  result: 'dGamma[unit] = total;',
});

/** The sums over a batch, of a gradient by a bias. */
export const batchSumShader = /* @__PURE__ */ sumsOfColumns({
  name: 'sum over the batch',
  reads: ['dy'],
  writes: ['y'],
  term: 'dy[i]',
});

/** Workgroups, one for each row. */
const rowGroups = (batch: number) => groupsFor(256 * batch);

/** Batch and layer normalization. */
export const normalizationKernels = [
  kernelOf(batchNorm, ({ inputs, attributes: { epsilon, momentum } }) => {
    const { shape } = inputs.x;
    const vector = float([shape[1]]);
    return {
      outputs: [float(shape), vector, vector, vector, vector],
      dispatches: [
        columnDispatch(
          batchStatisticsShader,
          [...['x', 'runningMean', 'runningVariance'].map(input), ...[1, 2, 3, 4].map(output)],
          shape,
          { epsilon, momentum },
        ),
        {
          shader: normalizeShader,
          buffers: [...['x', 'gamma', 'beta'].map(input), output(1), output(2), output(0)],
          parameters: { count: sizeOf(inputs.x), units: shape[1] },
          groups: groupsFor(sizeOf(inputs.x)),
        },
      ],
    };
  }),
  kernelOf(batchNormGradient, ({ inputs }) => {
    const { shape } = inputs.x;
    const vector = float([shape[1]]);
    return {
      outputs: [float(shape), vector, vector],
      dispatches: [
        columnDispatch(
          batchNormGradientShader,
          [...['dy', 'x', 'gamma', 'mean', 'inverseDeviation'].map(input), ...[0, 1, 2].map(output)],
          shape,
        ),
      ],
    };
  }),
  kernelOf(batchNormInference, ({ inputs, attributes: { epsilon } }) => {
    const { shape } = inputs.x;
    const count = sizeOf(inputs.x);
    return {
      outputs: [float(shape)],
      dispatches: [
        {
          shader: batchNormInferenceShader,
          buffers: [...['x', 'gamma', 'beta', 'runningMean', 'runningVariance'].map(input), output(0)],
          parameters: { count, units: shape[1], epsilon },
          groups: groupsFor(count),
        },
      ],
    };
  }),
  kernelOf(layerNorm, ({ inputs, attributes: { epsilon } }) => {
    const [batch, units] = inputs.x.shape;
    return {
      outputs: [float([batch, units])],
      dispatches: [
        {
          shader: layerNormShader,
          buffers: [...['x', 'gamma', 'beta'].map(input), output(0)],
          parameters: { batch, units, epsilon },
          groups: rowGroups(batch),
        },
      ],
    };
  }),
  kernelOf(layerNormGradient, ({ inputs, attributes: { epsilon } }) => {
    const [batch, units] = inputs.x.shape;
    const shape = [batch, units];
    return {
      outputs: [float(shape), float([units]), float([units])],
      temporaries: [2 * batch],
      dispatches: [
        {
          shader: layerNormGradientShader,
          buffers: [...['dy', 'x', 'gamma'].map(input), output(0), temporary(0)],
          parameters: { batch, units, epsilon },
          groups: rowGroups(batch),
        },
        columnDispatch(layerNormGammaShader, [input('dy'), input('x'), temporary(0), output(1)], shape),
        columnDispatch(batchSumShader, [input('dy'), output(2)], shape),
      ],
    };
  }),
];
