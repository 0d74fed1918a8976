import type { Shader } from '../shader';

/** Buffers that a shader may have in place of others: of those that it reads, which it writes, by their places. */
export type Takeover = readonly (readonly [read: number, write: number])[];

const made = new Map<Shader, Map<string, Shader>>();

/**
 * A shader that writes where it reads: it has one buffer in place of each two. Each invocation must read an element before it writes that,
 * and no other may read it.
 */
export function inPlace(shader: Shader, takeover: Takeover): Shader {
  const key = JSON.stringify(takeover);
  const variants = made.get(shader) ?? new Map<string, Shader>();
  made.set(shader, variants);
  const known = variants.get(key);
  if (known !== undefined) return known;
  const names = [...shader.code.matchAll(/var<storage, \w+> (\w+):/g)].map(([, name]) => name);
  const gone = new Set(takeover.map(([read]) => read));
  let code = shader.code;
  for (const [read, write] of takeover) {
    code = code.replace(new RegExp(`^@group.* ${names[read]}: .*\n`, 'm'), '');
    code = code.replace(new RegExp(`\\b${names[read]}\\b`, 'g'), names[shader.reads + write]);
  }
  let binding = 0;
  code = code.replace(/@binding\(\d+\)/g, () => `@binding(${binding++})`);
  const variant: Shader = { ...shader, reads: shader.reads - gone.size, code, original: shader };
  variants.set(key, variant);
  return variant;
}
