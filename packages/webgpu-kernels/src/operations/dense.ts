import {
  dense,
  denseBiasGradient,
  denseInputGradient,
  denseKernelGradient,
  fourierFeatures,
} from '@harmonic-mlp/core';
import {
  type BufferUse,
  float,
  type Given,
  input,
  type Lowered,
  output,
  sizeOf,
  type TilePlace,
} from '../lowering';
import { defineShader, groupsFor, perElement, type Shader } from '../shader';
import { waves } from '../waves';
import { batchSumShader } from './normalization';
import { columnDispatch, kernelOf } from './operation-kernel';

/** Which operand of a product is transposed. */
type Orientation = 'none' | 'left' | 'right';

/** The sizes of a product: the result is [rows, columns], of sums of `depth` terms. */
interface ProductSizes {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** What goes along with a product. */
interface Extras {
  /** Whether a bias is added to each row. */
  readonly hasBias: boolean;
  /** Whether the columns of the right operand are summed, too. */
  readonly hasSums: boolean;
}

/** Where an element of an operand is, in WGSL. */
const leftAt = (row: string, k: string, orientation: Orientation) =>
  orientation === 'left' ? `(${k}) * params.rows + (${row})` : `(${row}) * params.depth + (${k})`;
const rightAt = (k: string, column: string, orientation: Orientation) =>
  orientation === 'right' ? `(${column}) * params.depth + (${k})` : `(${k}) * params.columns + (${column})`;

/** Writes the sums of columns, which every row of workgroups knows, once. */
const writeSums = (hasSums: boolean): string =>
  hasSums
    ? `
  if (row == 0u) {
    for (var j = 0u; j < 4u; j++) {
      if (column + j < params.columns) { sums[column + j] = columnSums[j]; }
    }
  }`
    : '';

const sizes = { rows: 'u32', columns: 'u32', depth: 'u32' } as const;

/** The invocations of a workgroup of {@link inRegisters}, each of which computes 4 × 4 elements. */
const registerGroup = [8, 8] as const;

/**
 * A product in which each invocation computes 4 × 4 elements and reads its operands itself, four numbers at a time where the sizes are
 * multiples of four. For software devices, which have caches in place of workgroups' memory.
 */
function inRegisters(orientation: Orientation, { hasBias, hasSums }: Extras, isInFours: boolean): Shader {
  const four = [0, 1, 2, 3];
  const element = isInFours ? 'vec4f' : 'f32';
  const place = (at: string) => (isInFours ? `(${at}) / 4u` : at);
  const sum = hasSums ? '\n    columnSums += b;' : '';
  /** Four steps of k, or one. */
  const terms = (): string => {
    if (!isInFours) {
      return `
    let b = vec4f(${four.map((j) => `right[${rightAt('k', `columns[${j}]`, orientation)}]`).join(', ')});
    ${four.map((i) => `rowSums[${i}] += left[${leftAt(`rows[${i}]`, 'k', orientation)}] * b;`).join('\n    ')}${sum}`;
    }
    if (orientation === 'left') {
      return `
    let a = left[${place(leftAt('row', 'k', orientation))}];
    let b = right[${place(rightAt('k', 'column', orientation))}];
    ${four.map((i) => `rowSums[${i}] += a[${i}] * b;`).join('\n    ')}${sum}`;
    }
    const read = four
      .map((i) => `let a${i} = left[${place(leftAt(`rows[${i}]`, 'k', orientation))}];`)
      .join('\n    ');
    if (orientation === 'right') {
      return `
    ${read}
    ${four.map((j) => `let b${j} = right[${place(rightAt('k', `columns[${j}]`, orientation))}];`).join('\n    ')}
    ${four.map((i) => `rowSums[${i}] += vec4f(${four.map((j) => `dot(a${i}, b${j})`).join(', ')});`).join('\n    ')}`;
    }
    return `
    ${read}
    ${four.map((j) => `let b${j} = right[${place(rightAt(`k + ${j}u`, 'column', orientation))}];`).join('\n    ')}
    ${four.map((i) => `rowSums[${i}] += ${four.map((j) => `a${i}[${j}] * b${j}`).join(' + ')};`).join('\n    ')}`;
  };
  const step = isInFours && orientation !== 'left' ? 4 : 1;
  const start = hasBias ? `vec4f(${four.map((j) => `bias[columns[${j}]]`).join(', ')})` : 'vec4f()';
  return defineShader({
    name: `product, ${orientation} transposed, in registers`,
    reads: [`left: ${element}`, `right: ${element}`, ...(hasBias ? ['bias'] : [])],
    writes: ['y', ...(hasSums ? ['sums'] : [])],
    parameters: sizes,
    workgroup: registerGroup,
    body: `
  let row = id.y * 4u;
  let column = id.x * 4u;
  if (row >= params.rows || column >= params.columns) { return; }
  // Beyond the edge, the last ones again, which are not written.
  let rows = min(row + vec4u(0u, 1u, 2u, 3u), vec4u(params.rows - 1u));
  let columns = min(column + vec4u(0u, 1u, 2u, 3u), vec4u(params.columns - 1u));
  var rowSums: array<vec4f, 4>;${hasSums ? '\n  var columnSums = vec4f();' : ''}
  ${four.map((i) => `rowSums[${i}] = ${start};`).join('\n  ')}
  for (var k = 0u; k < params.depth; k += ${step}u) {${terms()}
  }
  ${four
    .map(
      (i) => `if (row + ${i}u < params.rows) {
    ${four
      .map(
        (j) =>
          `if (column + ${j}u < params.columns) { y[(row + ${i}u) * params.columns + column + ${j}u] = rowSums[${i}][${j}]; }`,
      )
      .join('\n    ')}
  }`,
    )
    .join('\n  ')}${writeSums(hasSums)}`,
  });
}

/** The rows and columns that a workgroup of {@link inTiles} computes, and the terms that it holds at once. */
const tile = 64;
const tileDepth = 16;

/**
 * A product in tiles of 64 × 64, whose operands a workgroup of 16 × 16 invocations shares, 8 KiB at a time; each computes 4 × 4 elements.
 */
function inTiles(orientation: Orientation, { hasBias, hasSums }: Extras): Shader {
  const four = [0, 1, 2, 3];
  const held = tile * tileDepth;
  // Neighbors read neighboring numbers, whichever operand is transposed.
  const placeIn = (isTransposed: boolean) =>
    isTransposed
      ? `let across = n % ${tile}u; let k = n / ${tile}u;`
      : `let across = n / ${tileDepth}u; let k = n % ${tileDepth}u;`;
  const fill = (operand: 'left' | 'right') => {
    const isLeft = operand === 'left';
    const isAcross = isLeft ? orientation === 'left' : orientation !== 'right';
    const at = isLeft
      ? leftAt('firstRow + across', 'first + k', orientation)
      : rightAt('first + k', 'firstColumn + across', orientation);
    const inside = isLeft ? 'firstRow + across < params.rows' : 'firstColumn + across < params.columns';
    return `
    for (var n = at; n < ${held}u; n += 256u) {
      ${placeIn(isAcross)}
      var value = 0.0;
      if (${inside} && first + k < params.depth) { value = ${operand}[${at}]; }
      ${operand}Tile[k * ${tile}u + across] = value;
    }`;
  };
  const start = hasBias
    ? `vec4f(${four.map((j) => `bias[min(column + ${j}u, params.columns - 1u)]`).join(', ')})`
    : 'vec4f()';
  return defineShader({
    name: `product, ${orientation} transposed, in tiles`,
    reads: ['left', 'right', ...(hasBias ? ['bias'] : [])],
    writes: ['y', ...(hasSums ? ['sums'] : [])],
    parameters: sizes,
    workgroup: [16, 16],
    declarations: `
var<workgroup> leftTile: array<f32, ${held}>;
var<workgroup> rightTile: array<f32, ${held}>;`,
    body: `
  let at = local.y * 16u + local.x;
  let firstRow = group.y * ${tile}u;
  let firstColumn = group.x * ${tile}u;
  let row = firstRow + local.y * 4u;
  let column = firstColumn + local.x * 4u;
  var rowSums: array<vec4f, 4>;${hasSums ? '\n  var columnSums = vec4f();' : ''}
  ${four.map((i) => `rowSums[${i}] = ${start};`).join('\n  ')}
  for (var first = 0u; first < params.depth; first += ${tileDepth}u) {${fill('left')}${fill('right')}
    workgroupBarrier();
    for (var k = 0u; k < ${tileDepth}u; k++) {
      let a = k * ${tile}u + local.y * 4u;
      let b = k * ${tile}u + local.x * 4u;
      let across = vec4f(rightTile[b], rightTile[b + 1u], rightTile[b + 2u], rightTile[b + 3u]);
      ${four.map((i) => `rowSums[${i}] += leftTile[a + ${i}u] * across;`).join('\n      ')}${hasSums ? '\n      columnSums += across;' : ''}
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 4u; i++) {
    for (var j = 0u; j < 4u; j++) {
      if (row + i < params.rows && column + j < params.columns) {
        y[(row + i) * params.columns + column + j] = rowSums[i][j];
      }
    }
  }${writeSums(hasSums)}`,
  });
}

/** The shaders of products, by orientation, and by what goes along: a bias, or sums. */
const productShaders = /* @__PURE__ */ (() => {
  const plain = { hasBias: false, hasSums: false };
  const variants = (orientation: Orientation, extras: Extras) => ({
    workgroup: inTiles(orientation, extras),
    registers: inRegisters(orientation, extras, false),
    fours: inRegisters(orientation, extras, true),
  });
  return {
    none: variants('none', plain),
    noneWithBias: variants('none', { ...plain, hasBias: true }),
    right: variants('right', plain),
    left: variants('left', plain),
    leftWithSums: variants('left', { ...plain, hasSums: true }),
  };
})();

/**
 * A product as a dispatch.
 *
 * @param operands both, and perhaps a bias.
 * @param results the product, and perhaps the sums of the right operand's columns.
 */
export function product(
  orientation: Orientation,
  { rows, columns, depth }: ProductSizes,
  {
    operands,
    results = [output(0)],
    tiles,
  }: { operands: readonly BufferUse[]; results?: readonly BufferUse[]; tiles: TilePlace },
): Lowered['dispatches'] {
  // What is read four at a time must be so in memory: along the depth, or across.
  const lengths = { none: [depth, columns], left: [rows, columns], right: [depth] }[orientation];
  const isInFours = lengths.every((length) => length % 4 === 0);
  const extra = operands.length > 2 ? 'WithBias' : results.length > 1 ? 'WithSums' : '';
  const variants = productShaders[`${orientation}${extra}` as keyof typeof productShaders];
  const shader = variants[tiles === 'registers' && isInFours ? 'fours' : tiles];
  const per = tiles === 'registers' ? 32 : tile;
  return [
    {
      shader,
      buffers: [...operands, ...results],
      parameters: { rows, columns, depth },
      groups: [Math.ceil(columns / per), Math.ceil(rows / per)],
    },
  ];
}

const fourierShader = /* @__PURE__ */ perElement({
  name: 'FourierFeatures',
  reads: ['x', 'frequencies'],
  writes: ['y'],
  parameters: { inputs: 'u32', features: 'u32' },
  declarations: waves,
  body: `let row = i / (2u * params.features);
  let column = i % (2u * params.features);
  let feature = column % params.features;
  var turns = 0.0;
  for (var k = 0u; k < params.inputs; k++) {
    turns += x[row * params.inputs + k] * frequencies[k * params.features + feature];
  }
  let angle = turns * 6.283185307179586f;
  y[i] = select(cosine(angle), sine(angle), column < params.features);`,
});

/** The products of dense layers. */
export const denseKernels = [
  kernelOf(dense, ({ inputs, tiles }: Given<object>) => {
    const [rows, depth] = inputs.x.shape;
    const columns = inputs.kernel.shape[1];
    const operands = ['x', 'kernel', ...(inputs.bias === undefined ? [] : ['bias'])].map(input);
    return {
      outputs: [float([rows, columns])],
      dispatches: product('none', { rows, columns, depth }, { operands, tiles }),
    };
  }),
  kernelOf(denseInputGradient, ({ inputs, tiles }: Given<object>) => {
    const [rows, depth] = inputs.dy.shape;
    const [columns] = inputs.kernel.shape;
    return {
      outputs: [float([rows, columns])],
      dispatches: product(
        'right',
        { rows, columns, depth },
        { operands: [input('dy'), input('kernel')], tiles },
      ),
    };
  }),
  kernelOf(denseKernelGradient, ({ inputs, tiles }: Given<object>) => {
    const [depth, rows] = inputs.x.shape;
    const columns = inputs.dy.shape[1];
    return {
      outputs: [float([rows, columns])],
      dispatches: product('left', { rows, columns, depth }, { operands: [input('x'), input('dy')], tiles }),
    };
  }),
  kernelOf(denseBiasGradient, ({ inputs }: Given<object>) => ({
    outputs: [float([inputs.dy.shape[1]])],
    dispatches: [columnDispatch(batchSumShader, [input('dy'), output(0)], inputs.dy.shape)],
  })),
  kernelOf(fourierFeatures, ({ inputs }: Given<object>) => {
    const [batch, width] = inputs.x.shape;
    const features = inputs.frequencies.shape[1];
    const form = float([batch, 2 * features]);
    return {
      outputs: [form],
      dispatches: [
        {
          shader: fourierShader,
          buffers: [input('x'), input('frequencies'), output(0)],
          parameters: { count: sizeOf(form), inputs: width, features },
          groups: groupsFor(sizeOf(form)),
        },
      ],
    };
  }),
];
