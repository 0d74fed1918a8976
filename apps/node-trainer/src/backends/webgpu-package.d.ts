/// <reference types="@webgpu/types" />

// Declared here, since the package is optional and the types have to hold without it.
declare module 'webgpu' {
  /** Opens Dawn; each option is a `name=value`. */
  export function create(options: string[]): GPU;
  /** The interfaces of WebGPU, which are to be global. */
  export const globals: Record<string, unknown>;
}
