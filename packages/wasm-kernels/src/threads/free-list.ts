/** Divides a range of addresses: each allocation is at the lowest address where it fits. */
export class FreeList {
  /** What is free, by address. */
  readonly #free: { from: number; to: number }[];
  readonly #sizes = new Map<number, number>();
  readonly #alignment: number;

  constructor(from: number, to: number, alignment: number) {
    this.#free = [{ from, to }];
    this.#alignment = alignment;
  }

  /** The address of so many bytes, or 0 if there are none left. */
  allocate(bytes: number): number {
    const size = Math.ceil(Math.max(1, bytes) / this.#alignment) * this.#alignment;
    const found = this.#free.find(({ from, to }) => to - from >= size);
    if (found === undefined) return 0;
    const { from } = found;
    found.from += size;
    this.#sizes.set(from, size);
    return from;
  }

  /** Gives an allocation back. */
  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) return;
    this.#sizes.delete(address);
    const next = this.#free.findIndex(({ from }) => from > address);
    const at = next < 0 ? this.#free.length : next;
    this.#free.splice(at, 0, { from: address, to: address + size });
    for (const i of [at, at - 1]) {
      if (i < 0 || this.#free[i + 1]?.from !== this.#free[i].to) continue;
      this.#free[i].to = this.#free[i + 1].to;
      this.#free.splice(i + 1, 1);
    }
  }
}
