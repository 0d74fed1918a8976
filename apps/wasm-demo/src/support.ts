/** A WebAssembly module of one function that makes a vector, which only engines with SIMD take. */
const vectors = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0], // The header of version 1,
  ...[1, 5, 1, 96, 0, 1, 123], // the type () → v128,
  ...[3, 2, 1, 0], // a function of it,
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11], // and its code: i32.const 0, i8x16.splat, i8x16.popcnt.
]);

/** Why this page cannot work in this browser, in a sentence, or undefined when it can. */
export function whatIsMissing(): string | undefined {
  const current = 'Open it in a current Chrome, Edge, Firefox or Safari.';
  if (typeof WebAssembly !== 'object') {
    return `This page computes with WebAssembly, which this browser does not have, or which is switched off in it. ${current}`;
  }
  if (!WebAssembly.validate(vectors)) {
    return `This page computes with the vector instructions of WebAssembly (SIMD), which this browser or this machine does not have. ${current}`;
  }
  if (typeof DecompressionStream !== 'function') {
    return `This page unpacks its images with DecompressionStream, which this browser does not have. ${current}`;
  }
  return undefined;
}
