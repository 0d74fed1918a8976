/** A WebAssembly module with one function that makes a vector, which only engines with SIMD accept. */
const vectors = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0], // The header of version 1,
  ...[1, 5, 1, 96, 0, 1, 123], // the type () → v128,
  ...[3, 2, 1, 0], // a function of that type,
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11], // and its code: i32.const 0, i8x16.splat, i8x16.popcnt.
]);

/** Why this page cannot work in this browser, in a sentence, or undefined if it can. */
export function whatIsMissing(): string | undefined {
  const current = 'Use a current version of Chrome, Edge, Firefox, or Safari.';
  if (typeof WebAssembly !== 'object') {
    return `This page needs WebAssembly, which this browser does not support or has turned off. ${current}`;
  }
  if (!WebAssembly.validate(vectors)) {
    return `This page needs WebAssembly's vector instructions (SIMD), which this browser or machine does not support. ${current}`;
  }
  if (typeof DecompressionStream !== 'function') {
    return `This page needs DecompressionStream to unpack its images, which this browser does not support. ${current}`;
  }
  return undefined;
}
