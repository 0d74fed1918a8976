import { stepsOver } from '@harmonic-mlp/core/program';
import {
  Add,
  AddN,
  backend_util,
  Cast,
  type CastAttrs,
  ClipByValue,
  type ClipByValueAttrs,
  Concat,
  type ConcatAttrs,
  Cos,
  type DataType,
  Equal,
  Greater,
  Less,
  Maximum,
  Mean,
  type MeanAttrs,
  Minimum,
  Multiply,
  OneHot,
  type OneHotAttrs,
  RealDiv,
  Sin,
  Sqrt,
  Square,
  Sub,
  Sum,
  util,
} from '@tensorflow/tfjs-core';
import {
  type BufferUse,
  type Dispatch,
  float,
  type Given,
  input,
  type Lowered,
  output,
  sizeOf,
  type TensorForm,
} from '../lowering';
import { defineShader, groupsFor, perElement, type Shader, sumOverGroup } from '../shader';
import { waves } from '../waves';

/** A kernel of tfjs in programs; undefined for what it does not compute. */
export interface StockKernel {
  readonly kernelName: string;
  lower(given: Given): Lowered | undefined;
}

/** @param lower how it is computed; undefined for what it does not compute. */
/* @__NO_SIDE_EFFECTS__ */
const stock = <A>(kernelName: string, lower: (given: Given<A>) => Lowered | undefined): StockKernel => ({
  kernelName,
  lower: lower as StockKernel['lower'],
});

/** The type of a tensor's numbers on the device, where truth values are integers. */
const typeOf = ({ dtype }: TensorForm): 'f32' | 'i32' => (dtype === 'float32' ? 'f32' : 'i32');

const binaryShader = (name: string, value: string, types: readonly [string, string, string]): Shader =>
  perElement({
    name,
    reads: [`a: ${types[0]}`, `b: ${types[1]}`],
    writes: [`y: ${types[2]}`],
    parameters: { columns: 'u32', aRow: 'u32', aColumn: 'u32', bRow: 'u32', bColumn: 'u32' },
    body: `let row = i / params.columns;
  let column = i % params.columns;
  let left = a[row * params.aRow + column * params.aColumn];
  let right = b[row * params.bRow + column * params.bColumn];
  y[i] = ${value};`,
  });

/** A function of two tensors, of which one may be a row, a column, or a number. */
function binary(kernelName: string, value: string, { isComparison = false } = {}): StockKernel {
  const shaderFor = (type: 'f32' | 'i32') =>
    binaryShader(kernelName, value, [type, type, isComparison ? 'i32' : 'f32']);
  const shaders = { f32: shaderFor('f32'), i32: isComparison ? shaderFor('i32') : undefined };
  return stock(kernelName, ({ inputs: { a, b } }) => {
    const type = typeOf(a);
    if (type !== typeOf(b) || (!isComparison && type !== 'f32')) return undefined;
    const shape = backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
    const size = sizeOf({ shape });
    const isPlain = sizeOf(a) === size && sizeOf(b) === size;
    const columns = isPlain ? size : (shape.at(-1) ?? 1);
    const [left, right] = [a, b].map((each) => stepsOver(each.shape, size / columns, columns));
    if (left === undefined || right === undefined) return undefined;
    const shader = shaders[type]!;
    const steps = { aRow: left.row, aColumn: left.column, bRow: right.row, bColumn: right.column };
    return {
      outputs: [{ shape, dtype: isComparison ? 'bool' : 'float32' }],
      dispatches: [
        {
          shader,
          buffers: [input('a'), input('b'), output(0)],
          parameters: { count: size, columns, ...steps },
          groups: groupsFor(size),
        },
      ],
    };
  });
}

/** A function of each number. */
function unary(kernelName: string, value: string, declarations = ''): StockKernel {
  const shader = perElement({
    name: kernelName,
    reads: ['x'],
    writes: ['y'],
    declarations,
    body: `y[i] = ${value};`,
  });
  return stock(kernelName, ({ inputs: { x } }) =>
    typeOf(x) === 'f32'
      ? { outputs: [float(x.shape)], dispatches: [each(shader, ['x'], sizeOf(x))] }
      : undefined,
  );
}

const each = (shader: Shader, reads: readonly string[], count: number, parameters = {}): Dispatch => ({
  shader,
  buffers: [...reads.map(input), output(0)],
  parameters: { count, ...parameters },
  groups: groupsFor(count),
});

const sumShader = /* @__PURE__ */ defineShader({
  name: 'Sum',
  reads: ['x'],
  writes: ['y'],
  parameters: { sums: 'u32', count: 'u32', inner: 'u32', divisor: 'f32' },
  declarations: sumOverGroup,
  body: `
  let n = group.x + group.y * groups.x;
  if (n >= params.sums) { return; }
  let start = (n / params.inner) * params.count * params.inner + n % params.inner;
  var sum = 0.0;
  for (var k = local.x; k < params.count; k += 256u) { sum += x[start + k * params.inner]; }
  let all = sumOverGroup(sum, local.x);
  if (local.x == 0u) { y[n] = all / params.divisor; }`,
});

/** The sum or the mean over adjacent axes, each by a workgroup. */
const sums = (kernelName: string, isMean: boolean): StockKernel =>
  stock<MeanAttrs>(kernelName, ({ inputs: { x }, attributes: { axis, keepDims } }) => {
    const axes = util.parseAxisParam(axis, [...x.shape]).sort((a, b) => a - b);
    const first = axes[0] ?? 0;
    if (typeOf(x) !== 'f32' || axes.some((each, i) => each !== first + i)) return undefined;
    const [shape, summed] = backend_util.computeOutAndReduceShapes([...x.shape], axes);
    const count = sizeOf({ shape: summed });
    const number = sizeOf({ shape });
    return {
      outputs: [float(keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape)],
      dispatches: [
        {
          shader: sumShader,
          buffers: [input('x'), output(0)],
          parameters: {
            ...{ sums: number, count, divisor: isMean ? count : 1 },
            inner: sizeOf({ shape: x.shape.slice(first + axes.length) }),
          },
          groups: groupsFor(256 * number),
        },
      ],
    };
  });

const copyShader = /* @__PURE__ */ perElement({
  name: 'copy',
  reads: ['x: u32'],
  writes: ['y: u32'],
  parameters: { first: 'u32' },
  body: 'y[params.first + i] = x[i];',
});

const castShader = /* @__PURE__ */ perElement({
  name: 'Cast',
  reads: ['x: i32'],
  writes: ['y'],
  body: 'y[i] = f32(x[i]);',
});

const oneHotShader = /* @__PURE__ */ perElement({
  name: 'OneHot',
  reads: ['indices: i32'],
  writes: ['y: i32'],
  parameters: { depth: 'u32', on: 'u32', off: 'u32' },
  body: `let isHot = i32(i % params.depth) == indices[i / params.depth];
  y[i] = bitcast<i32>(select(params.off, params.on, isHot));`,
});

const clipShader = /* @__PURE__ */ perElement({
  name: 'ClipByValue',
  reads: ['x'],
  writes: ['y'],
  parameters: { least: 'f32', most: 'f32' },
  // NaN stays NaN.
  body: 'y[i] = select(select(x[i], params.most, x[i] > params.most), params.least, x[i] < params.least);',
});

const addShader = /* @__PURE__ */ binaryShader(Add, 'left + right', ['f32', 'f32', 'f32']);

const integer = (shape: readonly number[], dtype: DataType): TensorForm => ({ shape, dtype });

/** The kernels of tfjs that programs may have. */
export const stockKernels: readonly StockKernel[] = [
  binary(Add, 'left + right'),
  binary(Sub, 'left - right'),
  binary(Multiply, 'left * right'),
  binary(RealDiv, 'left / right'),
  binary(Maximum, 'select(left, right, right > left)'),
  binary(Minimum, 'select(left, right, right < left)'),
  binary(Greater, 'select(0, 1, left > right)', { isComparison: true }),
  binary(Less, 'select(0, 1, left < right)', { isComparison: true }),
  binary(Equal, 'select(0, 1, left == right)', { isComparison: true }),
  unary(Square, 'x[i] * x[i]'),
  unary(Sqrt, 'sqrt(x[i])'),
  unary(Sin, 'sine(x[i])', waves),
  unary(Cos, 'cosine(x[i])', waves),
  sums(Sum, false),
  sums(Mean, true),
  stock<ConcatAttrs>(Concat, ({ inputs, attributes: { axis } }) => {
    const parts = Object.entries(inputs);
    const shapes = parts.map(([, { shape }]) => [...shape]);
    const along = util.parseAxisParam(axis, shapes[0])[0];
    if (sizeOf({ shape: shapes[0].slice(0, along) }) !== 1) return undefined;
    let first = 0;
    const dispatches = parts.map(([name, form]) => {
      const dispatch = each(copyShader, [name], sizeOf(form), { first });
      first += sizeOf(form);
      return dispatch;
    });
    return {
      outputs: [integer(backend_util.computeOutShape(shapes, along), parts[0][1].dtype)],
      dispatches,
    };
  }),
  stock<CastAttrs>(Cast, ({ inputs: { x }, attributes: { dtype } }) => {
    if (dtype !== 'float32') return undefined;
    const isFloat = typeOf(x) === 'f32';
    const dispatch = isFloat
      ? each(copyShader, ['x'], sizeOf(x), { first: 0 })
      : each(castShader, ['x'], sizeOf(x));
    return { outputs: [float(x.shape)], dispatches: [dispatch] };
  }),
  stock<OneHotAttrs>(OneHot, ({ inputs: { indices }, attributes: { depth, onValue, offValue, dtype } }) => {
    if (indices.dtype !== 'int32' || dtype !== 'int32') return undefined;
    const form = integer([...indices.shape, depth], dtype);
    const parameters = { depth, on: onValue, off: offValue };
    return { outputs: [form], dispatches: [each(oneHotShader, ['indices'], sizeOf(form), parameters)] };
  }),
  stock(AddN, ({ inputs }) => {
    const parts = Object.entries(inputs);
    const [[name, form], ...others] = parts;
    if (parts.some(([, part]) => typeOf(part) !== 'f32')) return undefined;
    const count = sizeOf(form);
    const steps = { columns: count, aRow: count, aColumn: 1, bRow: count, bColumn: 1 };
    const plus = (a: BufferUse, b: BufferUse): Dispatch => ({
      shader: addShader,
      buffers: [a, b, output(0)],
      parameters: { count, ...steps },
      groups: groupsFor(count),
    });
    const [second, ...rest] = others.map(([other]) => input(other));
    if (second === undefined)
      return { outputs: [float(form.shape)], dispatches: [each(copyShader, [name], count, { first: 0 })] };
    return {
      outputs: [float(form.shape)],
      dispatches: [plus(input(name), second), ...rest.map((other) => plus(output(0), other))],
    };
  }),
  stock<ClipByValueAttrs>(ClipByValue, ({ inputs: { x }, attributes: { clipValueMin, clipValueMax } }) =>
    typeOf(x) === 'f32'
      ? {
          outputs: [float(x.shape)],
          dispatches: [each(clipShader, ['x'], sizeOf(x), { least: clipValueMin, most: clipValueMax })],
        }
      : undefined,
  ),
];
