import type { WasmBackend } from '../../src/wasm-backend';

/** The bytes before and after every allocation that nothing may write. */
const guardBytes = 256;
const guard = 0xa5;

/**
 * Surrounds everything that is allocated on a backend's heap from now on with guard bytes, which are looked at when it
 * is freed.
 *
 * @returns the damage found so far, the number of allocations looked at, and a function that ends the watch. Allocations
 *   that are still there then are looked at, too.
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
    // What was not written by a kernel is not a number.
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
      // What was allocated under guard is freed at its true address, whenever that is.
      wasm._free = (address) => original.free(sizes.delete(address) ? address - guardBytes : address);
    },
  };
}
