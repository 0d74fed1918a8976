import type { WasmBackend } from '../../src/wasm-backend';

/** The bytes before and after every allocation that nothing may write to. */
const guardBytes = 256;
const guard = 0xa5;

/**
 * Surrounds everything allocated on a backend's heap from now on with guard bytes, which are checked when it is freed.
 *
 * @returns the damage found so far, the number of allocations checked, and a function that stops watching. That function also
 *   checks the allocations that still exist.
 */
export function guardHeap({ wasm }: WasmBackend): {
  damage: string[];
  checked: () => number;
  release: () => void;
} {
  wasm._free(wasm._malloc(1)); // The first calls put other functions in their places.
  const original = { malloc: wasm._malloc, free: wasm._free };
  const sizes = new Map<number, number>();
  const damage: string[] = [];
  let checked = 0;
  const check = (address: number) => {
    const size = sizes.get(address)!;
    const heap = wasm.HEAPU8;
    for (const [where, from] of [
      ['before', address - guardBytes],
      ['after', address + size],
    ] as const) {
      const bytes = heap.subarray(from, from + guardBytes);
      const at = bytes.findIndex((byte) => byte !== guard);
      if (at >= 0) {
        const distance = where === 'after' ? at : guardBytes - at;
        damage.push(`a byte ${where} an allocation of ${size} bytes was written, ${distance} from it`);
      }
    }
    checked += 1;
  };
  wasm._malloc = (size) => {
    const block = original.malloc(size + 2 * guardBytes) >>> 0;
    if (block === 0) return 0;
    const address = block + guardBytes;
    wasm.HEAPU8.fill(guard, block, address);
    // Memory that no kernel has written is NaN.
    wasm.HEAPU8.fill(0xff, address, address + size);
    wasm.HEAPU8.fill(guard, address + size, address + size + guardBytes);
    sizes.set(address, size);
    return address;
  };
  wasm._free = (address) => {
    if (!sizes.has(address)) return original.free(address);
    check(address);
    sizes.delete(address);
    original.free(address - guardBytes);
  };
  return {
    damage,
    checked: () => checked,
    release: () => {
      for (const address of sizes.keys()) check(address);
      wasm._malloc = original.malloc;
      // Guarded allocations are freed at their true address, whenever that happens.
      wasm._free = (address) => original.free(sizes.delete(address) ? address - guardBytes : address);
    },
  };
}
