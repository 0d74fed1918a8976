/** Finds where threads that divide the calls of a program must wait for one another. */
export class BarrierPlacement {
  readonly #offsets: ReadonlyMap<number, number>;
  readonly #bytesOf: (value: number) => number;
  /** What has been read and written since the last barrier. */
  #read = new Set<number>();
  #written = new Set<number>();

  /**
   * @param offsets where values are in one piece of memory, which they share in turn; the others have memory of their own.
   * @param bytesOf the size of a value.
   */
  constructor(offsets: ReadonlyMap<number, number>, bytesOf: (value: number) => number) {
    this.#offsets = offsets;
    this.#bytesOf = bytesOf;
  }

  /** Whether the next call must come after a barrier: if it reads what another thread may still write, or the other way around. */
  isNeeded(reads: readonly number[], writes: readonly number[]): boolean {
    const isNeeded =
      [...reads, ...writes].some((value) => this.#meets(value, this.#written)) ||
      writes.some((value) => this.#meets(value, this.#read));
    if (isNeeded) {
      this.#read = new Set();
      this.#written = new Set();
    }
    for (const value of reads) this.#read.add(value);
    for (const value of writes) this.#written.add(value);
    return isNeeded;
  }

  /** Whether a value has memory in common with others. */
  #meets(value: number, others: ReadonlySet<number>): boolean {
    if (others.has(value)) return true;
    const from = this.#offsets.get(value);
    if (from === undefined) return false;
    const to = from + this.#bytesOf(value);
    for (const other of others) {
      const start = this.#offsets.get(other);
      if (start !== undefined && start < to && from < start + this.#bytesOf(other)) return true;
    }
    return false;
  }
}
