import {
  disposeBatch,
  type ExampleArrays,
  type ExampleSource,
  type Examples,
  type ExampleTensors,
} from './batch-source';

/** A batch of an epoch, whose tensors are made when they are needed. */
export interface EpochBatch<B extends Examples> {
  /** The number of examples. */
  readonly size: number;
  /** Its tensors; those of the first call, until {@link dispose}. */
  tensors(): B;
  /** Writes the examples into arrays; undefined if only tensors have them. */
  readonly write?: ((into: ExampleArrays<B>) => void) | undefined;
  /** The examples as rows of tensors that are on the backend; undefined if there are none. */
  readonly rows?: { readonly numbers: Int32Array; readonly of: ExampleTensors<B> } | undefined;
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
export type RowSource<B extends Examples> = Required<Pick<ExampleSource<B>, 'batch'>> &
  Pick<ExampleSource<B>, 'gather' | 'tensors'>;

/** The batch of some rows of a source. */
export class RowBatch<B extends Examples> implements EpochBatch<B> {
  readonly #source: RowSource<B>;
  readonly #rows: Int32Array;
  readonly #at: { readonly epoch?: number };
  #batch: B | undefined;

  constructor(source: RowSource<B>, rows: Int32Array, at: { readonly epoch?: number } = {}) {
    this.#source = source;
    this.#rows = rows;
    this.#at = at;
  }

  get size(): number {
    return this.#rows.length;
  }

  tensors(): B {
    this.#batch ??= this.#source.batch(this.#rows, this.#at);
    return this.#batch;
  }

  get write(): ((into: ExampleArrays<B>) => void) | undefined {
    const source = this.#source;
    return source.gather && ((into) => source.gather!(this.#rows, into, this.#at));
  }

  get rows(): { readonly numbers: Int32Array; readonly of: ExampleTensors<B> } | undefined {
    const of = this.#source.tensors?.();
    return of && { numbers: this.#rows, of };
  }

  dispose(): void {
    if (this.#batch !== undefined) disposeBatch(this.#batch);
    this.#batch = undefined;
  }
}
