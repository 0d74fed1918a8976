import { disposeBatch, type ExampleArrays, type Examples } from './batch-source';

/** A batch of an epoch, whose tensors are made when they are needed. */
export interface EpochBatch<B extends Examples> {
  /** The number of examples. */
  readonly size: number;
  /** Its tensors; those of the first call, until {@link dispose}. */
  tensors(): B;
  /** Writes the examples into arrays; undefined if only tensors have them. */
  write?(into: ExampleArrays<B>): void;
  /** Disposes of the tensors. */
  dispose(): void;
}

/** A batch that its source has made. */
export const madeBatch = <B extends Examples>(batch: B): EpochBatch<B> => ({
  size: batch.size,
  tensors: () => batch,
  dispose: () => disposeBatch(batch),
});

/** A source whose batches are made of rows. */
export interface RowSource<B extends Examples> {
  batch(rows: Int32Array): B;
  gather(rows: Int32Array, into: ExampleArrays<B>): void;
}

/** The batch of some rows of a source. */
export class RowBatch<B extends Examples> implements EpochBatch<B> {
  readonly #source: RowSource<B>;
  readonly #rows: Int32Array;
  #batch: B | undefined;

  constructor(source: RowSource<B>, rows: Int32Array) {
    this.#source = source;
    this.#rows = rows;
  }

  get size(): number {
    return this.#rows.length;
  }

  tensors(): B {
    this.#batch ??= this.#source.batch(this.#rows);
    return this.#batch;
  }

  write(into: ExampleArrays<B>): void {
    this.#source.gather(this.#rows, into);
  }

  dispose(): void {
    if (this.#batch !== undefined) disposeBatch(this.#batch);
    this.#batch = undefined;
  }
}
