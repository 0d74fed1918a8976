/** The types of a shader's parameters. */
export type ParameterType = 'u32' | 'f32';

/** A compute shader: what it reads and writes, and its program. */
export interface Shader {
  /** Its name in the messages of devices. */
  readonly name: string;
  /** How many buffers it reads and writes, which are bound in this order. */
  readonly reads: number;
  readonly writes: number;
  /** Its parameters, in the order of the words in its uniform buffer. */
  readonly parameters: readonly (readonly [name: string, type: ParameterType])[];
  /** The shader of which this is a variant, if so. */
  readonly original?: Shader;
  /** In WGSL, with a function `main`. */
  readonly code: string;
}

/** What a {@link Shader} is made of. */
interface ShaderParts {
  readonly name: string;
  /** The names of the buffers, each followed by the type of its elements unless that is f32: `labels: i32`. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** By name: `params.name` in the program. */
  readonly parameters: { readonly [name: string]: ParameterType };
  /** Declarations before the function. */
  readonly declarations?: string;
  /** The invocations of a workgroup. Default: 256, in a line. */
  readonly workgroup?: readonly [number, number];
  /**
   * What each invocation does: `id` is its place among all, `local` that in its workgroup, `group` the workgroup's, and `groups` how
   * many there are.
   */
  readonly body: string;
}

/** All shaders that there are, so that they can be compiled before they are needed. */
const defined: Shader[] = [];

/** The shaders that have been defined. */
export const definedShaders = (): readonly Shader[] => defined;

/** Makes a shader. */
/* @__NO_SIDE_EFFECTS__ */
export function defineShader({
  name,
  reads,
  writes,
  parameters,
  declarations = '',
  workgroup = [256, 1],
  body,
}: ShaderParts): Shader {
  const buffers = [
    ...reads.map((each) => [each, 'read'] as const),
    ...writes.map((each) => [each, 'read_write'] as const),
  ].map(([each, access], i) => {
    const [buffer, type = 'f32'] = each.split(': ');
    return `@group(0) @binding(${i}) var<storage, ${access}> ${buffer}: array<${type}>;`;
  });
  const fields = Object.entries(parameters);
  const code = `
struct Params {
${fields.map(([field, type]) => `  ${field}: ${type},`).join('\n')}
}
${buffers.join('\n')}
@group(0) @binding(${buffers.length}) var<uniform> params: Params;
${declarations}
@compute @workgroup_size(${workgroup.join()})
fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
${body}
}
`;
  const shader = { name, reads: reads.length, writes: writes.length, parameters: fields, code };
  defined.push(shader);
  return shader;
}

/** A shader that computes each of `count` elements by itself: `i` is its place. */
/* @__NO_SIDE_EFFECTS__ */
export const perElement = ({
  parameters = {},
  body,
  ...parts
}: Omit<ShaderParts, 'parameters'> & Partial<ShaderParts>): Shader =>
  defineShader({
    ...parts,
    parameters: { count: 'u32', ...parameters },
    body: `
  let i = id.x + id.y * groups.x * 256u;
  if (i >= params.count) { return; }
  ${body}`,
  });

/** The most numbers in a buffer that is bound, on every device: 128 MiB. */
export const mostBound = 2 ** 25;

/** The most workgroups of a dispatch in one direction, on every device. */
const mostGroups = 65_535;

/** How many workgroups of 256 a {@link perElement} shader needs. */
export function groupsFor(count: number): readonly [number, number] {
  const groups = Math.ceil(count / 256);
  const lines = Math.ceil(groups / mostGroups);
  return [Math.ceil(groups / lines), lines];
}

/** The sum over a workgroup of 256 of a value of each invocation, known to all of them. */
export const sumOverGroup = `
var<workgroup> partial: array<f32, 256>;
fn sumOverGroup(value: f32, at: u32) -> f32 {
  workgroupBarrier();
  partial[at] = value;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half >>= 1u) {
    if (at < half) { partial[at] += partial[at + half]; }
    workgroupBarrier();
  }
  return partial[0];
}`;

/** Invocations of a workgroup that sums columns: so many columns, and so many at each. */
export const columnGroup = [16, 16] as const;

/** The sums over the rows of a workgroup of {@link columnGroup}: of its columns, each known to all of its invocations. */
export const sumOverRows = `
var<workgroup> partial: array<f32, 256>;
fn sumOverRows(value: f32, column: u32, row: u32) -> f32 {
  workgroupBarrier();
  partial[row * 16u + column] = value;
  workgroupBarrier();
  for (var half = 8u; half > 0u; half >>= 1u) {
    if (row < half) { partial[row * 16u + column] += partial[(row + half) * 16u + column]; }
    workgroupBarrier();
  }
  return partial[column];
}`;

/**
 * A shader that sums over the rows of [batch, units].
 *
 * @param terms WGSL: `i` is the place of an element, and `unit` its column; the value of `term`.
 * @param result WGSL: what is written for the sum `total` of a column `unit`.
 */
/* @__NO_SIDE_EFFECTS__ */
export const sumsOfColumns = ({
  term,
  result = 'y[unit] = total;',
  parameters = {},
  declarations = '',
  ...parts
}: Pick<ShaderParts, 'name' | 'reads' | 'writes' | 'declarations'> &
  Partial<ShaderParts> & { readonly term: string; readonly result?: string }): Shader =>
  defineShader({
    ...parts,
    parameters: { batch: 'u32', units: 'u32', ...parameters },
    declarations: `${declarations}\n${sumOverRows}`,
    workgroup: columnGroup,
    body: `
  let unit = id.x;
  var sum = 0.0;
  if (unit < params.units) {
    for (var row = local.y; row < params.batch; row += 16u) {
      let i = row * params.units + unit;
      sum += ${term};
    }
  }
  let total = sumOverRows(sum, local.x, local.y);
  if (local.y == 0u && unit < params.units) { ${result} }`,
  });

/** A number in WGSL. */
export function f32(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}
