import { encode } from 'fast-png';
import { type EventContent, encodeEvent, type SummaryValue } from './event';
import { histogramOf } from './histogram';
import { recordOf } from './record';

/** An image of 8-bit samples. */
export interface Image {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** The samples of a pixel: 1 is gray, 2 gray with alpha, 3 RGB, 4 RGB with alpha. */
  channels: 1 | 2 | 3 | 4;
  /** [height, width, channels], row by row. */
  data: Uint8Array;
}

/** Takes bytes of an event file, in their order; each call has whole records. */
export type WriteBytes = (bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;

/** The most bytes that are kept while they cannot be written. */
const mostKept = 2 ** 24;

/**
 * Encodes what TensorBoard shows as the bytes of an event file. It keeps them until {@link flush} writes them.
 *
 * @example
 * ```ts
 * import { EventWriter } from '@harmonic-mlp/tensorboard';
 *
 * const parts: Uint8Array[] = [];
 * const writer = new EventWriter((bytes) => void parts.push(bytes));
 * writer.scalar('loss', 1, 0.25);
 * writer.histogram('weights', 1, [0.5, -1, 2]);
 * await writer.flush(); // In a browser, new Blob(parts) is then the file to save.
 * ```
 */
export class EventWriter {
  readonly #write: WriteBytes;
  readonly #version = record(0, { fileVersion: 'brain.Event:2' });
  #isBegun = false;
  #pending: Uint8Array[] = [];
  #flushed: Promise<void> = Promise.resolve();

  /** @param write takes the bytes of the file. */
  constructor(write: WriteBytes) {
    this.#write = write;
  }

  /**
   * Says that a run starts, or continues from a checkpoint: of files in the same folder whose names sort before this one's,
   * readers forget this step and later ones.
   */
  start(step: number): void {
    this.#add(step, { start: true });
  }

  /** One point of a curve, as a 32-bit float. Slashes in the tag make groups: `loss/train`. */
  scalar(tag: string, step: number, value: number): void {
    this.#addValue(step, { tag, scalar: value });
  }

  /**
   * The distribution of values, in 64 bins of equal width. Those that are not finite are left out; without others, nothing is
   * written.
   */
  histogram(tag: string, step: number, values: ArrayLike<number>): void {
    const histogram = histogramOf(values);
    if (histogram !== undefined) this.#addValue(step, { tag, histogram });
  }

  /** An image, which becomes a PNG. */
  image(tag: string, step: number, { width, height, channels, data }: Image): void {
    const png = encode({ width, height, channels, data, depth: 8 });
    this.#addValue(step, { tag, image: { width, height, channels, png } });
  }

  /** A text in Markdown. */
  text(tag: string, step: number, markdown: string): void {
    this.#addValue(step, { tag, text: markdown });
  }

  /**
   * Writes what has been added since the last call. What cannot be written is kept for the next call, up to 16 MiB; more is dropped.
   *
   * @throws What `write` throws.
   */
  flush(): Promise<void> {
    const flushing = this.#flushed.then(() => this.#flush());
    this.#flushed = flushing.catch(() => {});
    return flushing;
  }

  async #flush(): Promise<void> {
    const records = this.#pending;
    if (records.length === 0) return;
    this.#pending = [];
    const bytes = concatenated(this.#isBegun ? records : [this.#version, ...records]);
    try {
      await this.#write(bytes);
      this.#isBegun = true;
    } catch (error) {
      if (bytes.length <= mostKept) this.#pending.unshift(...records);
      throw error;
    }
  }

  #addValue(step: number, value: SummaryValue): void {
    this.#add(step, { summary: [value] });
  }

  #add(step: number, content: EventContent): void {
    this.#pending.push(record(step, content));
  }
}

const record = (step: number, content: EventContent) =>
  recordOf(encodeEvent(Date.now() / 1000, step, content));

function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
