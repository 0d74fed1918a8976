import { perElement, type Shader } from '../shader';

/** The most bytes of its parameters. */
export const gatherBytes = 32;

/**
 * A shader that gathers rows of so many tensors, whatever their numbers are: `rows` are numbers of rows, from the word `first` on, and
 * each tensor has rows of its own width.
 */
function shaderFor(tensors: number): Shader {
  const all = Array.from({ length: tensors }, (_, i) => i);
  return perElement({
    name: 'rows of the data set',
    reads: [...all.map((i) => `source${i}: u32`), 'rows: u32'],
    writes: all.map((i) => `target${i}: u32`),
    parameters: {
      ...{ batch: 'u32', first: 'u32' },
      ...Object.fromEntries([0, 1, 2].map((i) => [`width${i}`, 'u32'])),
    },
    body: `var at = i;
  ${all
    .map(
      (n) => `if (at < params.batch * params.width${n}) {
    target${n}[at] = source${n}[rows[params.first + at / params.width${n}] * params.width${n} + at % params.width${n}];
    return;
  }
  at -= params.batch * params.width${n};`,
    )
    .join('\n  ')}`,
  });
}

/** The shaders for one, two, or three tensors. */
export const gatherShaders = /* @__PURE__ */ [1, 2, 3].map(shaderFor);
