import {
  attributeOf,
  canTakeOver,
  type DynamicAttribute,
  dynamicKey,
  type Program,
} from '@harmonic-mlp/core/program';
import type { BufferUse, Dispatch, TensorForm, TilePlace } from '../lowering';
import type { Shader } from '../shader';
import { formsOf, type PlannedCall } from './fuse';
import { inPlace } from './in-place';
import { jointSize } from './joint-size';

/** A buffer of a program: that of a value, by its place, or of a temporary one, by its number after those of the values. */
export type Place = number;

/** An execution of a shader in a program. */
export interface PlannedDispatch {
  readonly shader: Shader;
  /** What it reads, and what it writes. */
  readonly reads: readonly Place[];
  readonly writes: readonly Place[];
  readonly parameters: { readonly [name: string]: number };
  readonly groups: readonly [number, number];
  /** Parameters that change from one execution to the next, if it has some. */
  readonly dynamic?: DynamicParameters | undefined;
}

/** Parameters that follow from attributes that change, the same for all dispatches that have the same attributes. */
export interface DynamicParameters {
  readonly attributes: { [name: string]: unknown };
  readonly sources: readonly DynamicAttribute[];
  of(attributes: never): { readonly [name: string]: number };
}

/** A program as dispatches. */
export interface Plan {
  readonly dispatches: readonly PlannedDispatch[];
  /** The forms of all places: of the values, then of the temporary ones. */
  readonly forms: readonly TensorForm[];
  /** The places that are parts of another one, from which number on. */
  readonly parts: ReadonlyMap<Place, { readonly of: Place; readonly first: number }>;
}

/**
 * Plans the dispatches of operations.
 *
 * @param homes the place of a state before an execution, for the value that it has afterwards.
 */
export function planOf(
  program: Program,
  calls: readonly PlannedCall[],
  { tiles, homes }: { tiles: TilePlace; homes: ReadonlyMap<Place, Place> },
): Plan {
  const forms: TensorForm[] = [...program.values];
  const parts = new Map<Place, { of: Place; first: number }>();
  const home = (place: Place) => homes.get(place) ?? place;
  const dispatches: PlannedDispatch[] = [];
  const known = new Map<string, DynamicParameters>();
  /** A place for values that a call reads as one buffer. */
  const join = (values: readonly Place[]): Place => {
    const place =
      forms.push({ shape: [jointSize(values.map((value) => forms[value]))], dtype: 'float32' }) - 1;
    let first = 0;
    for (const value of values) {
      parts.set(value, { of: place, first });
      first += jointSize([forms[value]]);
    }
    return place;
  };
  for (const { kernel, inputs: uses, outputs, attributes, lower, changing, dynamic: sources } of calls) {
    const inputs = formsOf(program, { inputs: uses });
    const given = { inputs, tiles, results: outputs.length };
    const lowered = lower({ ...given, attributes: attributes as never });
    const firstTemporary = forms.length;
    for (const size of lowered.temporaries ?? []) forms.push({ shape: [size], dtype: 'float32' });
    let joint: Place | undefined;
    const placeOf = (use: BufferUse): Place => {
      if ('input' in use) return home(uses[use.input].value);
      if ('output' in use) return home(outputs[use.output].value);
      if ('temporary' in use) return firstTemporary + use.temporary;
      joint ??= join(use.inputsIn.map((name) => uses[name].value));
      return joint;
    };
    let dynamic: DynamicParameters | undefined;
    if (sources.length > 0) {
      const key = dynamicKey({ kernel, attributes }, sources);
      dynamic = known.get(key) ?? { attributes: { ...attributes }, sources, of: changing! };
      known.set(key, dynamic);
    }
    for (const dispatch of lowered.dispatches) {
      const planned = atHome(dispatch, dispatch.buffers.map(placeOf));
      const places = Object.entries(dispatch.places ?? {}).map(([parameter, name]) => [
        parameter,
        parts.get(uses[name].value)!.first,
      ]);
      const parameters = { ...planned.parameters, ...Object.fromEntries(places) };
      dispatches.push({ ...planned, parameters, dynamic });
    }
  }
  return { dispatches, forms, parts };
}

/** A dispatch whose buffers are at places, of which some may be the same. */
function atHome({ shader, parameters, groups }: Dispatch, places: readonly Place[]): PlannedDispatch {
  const reads = places.slice(0, shader.reads);
  const writes = places.slice(shader.reads);
  const takeover = writes.flatMap((place, write) => {
    const read = reads.indexOf(place);
    return read < 0 ? [] : [[read, write] as const];
  });
  if (takeover.length === 0) return { shader, reads, writes, parameters, groups };
  const gone = new Set(takeover.map(([read]) => read));
  return {
    shader: inPlace(shader, takeover),
    reads: reads.filter((_, read) => !gone.has(read)),
    writes,
    parameters,
    groups,
  };
}

/**
 * The value of each state before an execution, for the value that it has afterwards, where the kernel that computes that may write it
 * there; the others have to be copied.
 */
export function homesOf(program: Program): {
  readonly homes: ReadonlyMap<Place, Place>;
  readonly copies: readonly { readonly from: Place; readonly state: string }[];
} {
  const homes = new Map<Place, Place>();
  const copies: { from: Place; state: string }[] = [];
  for (const [state, { before, after }] of Object.entries(program.states)) {
    if (before !== undefined && !homes.has(after) && canTakeOver(program, before, after))
      homes.set(after, before);
    else copies.push({ from: after, state });
  }
  return { homes, copies };
}

/** The parameters of a dispatch in an execution. */
export function parametersIn(
  { attributes, sources, of }: DynamicParameters,
  scalars: Parameters<typeof attributeOf>[1],
): { readonly [name: string]: number } {
  for (const { attribute, source } of sources) attributes[attribute] = attributeOf(source, scalars);
  return of(attributes as never);
}
