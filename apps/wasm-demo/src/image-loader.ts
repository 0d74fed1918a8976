import { parseIdx } from '@harmonic-mlp/mnist-data';
import { loadFile } from '@harmonic-mlp/mnist-data/browser';
import { mnist } from '@harmonic-mlp/mnist-data/datasets';
import { signal } from '@preact/signals';
import { packedSets } from './parts';
import { imagesPerPart, type SetName } from './sets';
import type { Arrival } from './worker/protocol';

/** The number of files to fetch at the same time. */
const atOnce = 3;

const labelsOf = (set: SetName) => ({ set, first: undefined, file: packedSets[set].labels });
const imagesOf = (set: SetName) =>
  packedSets[set].images.map((file, part) => ({ set, first: part * imagesPerPart, file }));
const [firstImages, ...otherImages] = imagesOf('train');
/** What training needs first comes first, then the test set. */
const order = [labelsOf('train'), firstImages, labelsOf('test'), ...imagesOf('test'), ...otherImages];

const firstTestImages = order.findIndex(({ set, first }) => set === 'test' && first === 0);

const bytesOf = ({ file }: (typeof order)[number]) => file.gzip!.bytes;

/** Downloads MNIST, or gets it from the browser's cache, and passes it on part by part. */
export class ImageLoader {
  /** The number of compressed bytes that have arrived so far. */
  readonly received = signal(0);
  readonly total = order.reduce((total, part) => total + bytesOf(part), 0);
  readonly complete = signal(false);
  readonly testImagesArrived = signal(false);
  /** Why something could not be downloaded. */
  readonly problem = signal<string | undefined>(undefined);

  readonly #progress = order.map(() => 0);
  readonly #contents: (Uint8Array | undefined)[] = order.map(() => undefined);
  readonly #listeners: ((arrival: Arrival) => void)[] = [];
  /** How many parts have been passed on. */
  #handedOn = 0;
  #begun = false;

  /** Passes on what has arrived and, from now on, what arrives, each set in order. */
  subscribe(listener: (arrival: Arrival) => void): void {
    this.#listeners.push(listener);
    for (let i = 0; i < this.#handedOn; i++) listener(this.#arrival(i));
  }

  unsubscribe(listener: (arrival: Arrival) => void): void {
    this.#listeners.splice(this.#listeners.indexOf(listener), 1);
  }

  /** Starts to download, unless that has happened before. */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    void this.load();
  }

  /** Downloads what is missing. A failure is reported in `problem`; a second call tries again. */
  async load(): Promise<void> {
    this.problem.value = undefined;
    const stop = new AbortController();
    const missing = [...order.keys()].filter((i) => this.#contents[i] === undefined).values();
    const fetchOn = async () => {
      for (const i of missing) await this.#fetch(i, stop.signal);
    };
    try {
      await Promise.all(Array.from({ length: atOnce }, fetchOn));
      this.complete.value = true;
    } catch (error) {
      stop.abort();
      this.problem.value ??= (error as Error).message;
    }
  }

  /** A random one of the first 5,000 test images. */
  randomTestImage(): Uint8Array | undefined {
    const images = this.#contents[firstTestImages];
    if (images === undefined) return undefined;
    const start = 784 * Math.floor((Math.random() * images.length) / 784);
    return images.subarray(start, start + 784);
  }

  async #fetch(i: number, stop: AbortSignal): Promise<void> {
    const { file } = order[i];
    const bytes = await loadFile(mnist, file, {
      mirrors: [new URL('data/', document.baseURI).href],
      cache: 'harmonic-mlp-demo',
      // Pages that are not served securely cannot compute checksums.
      verify: globalThis.crypto?.subtle !== undefined,
      signal: stop,
      onEvent: (event) => {
        if (event.type !== 'progress') return;
        const whole = event.total ?? file.shape.reduce((product, length) => product * length, 1);
        this.#show(i, Math.min(1, event.received / whole));
      },
    });
    this.#contents[i] = parseIdx(bytes, file.name).data;
    this.#show(i, 1);
    if (i === firstTestImages) this.testImagesArrived.value = true;
    for (; this.#contents[this.#handedOn] !== undefined; this.#handedOn++) {
      const arrival = this.#arrival(this.#handedOn);
      for (const listener of this.#listeners) listener(arrival);
    }
  }

  #arrival(i: number): Arrival {
    const { set, first } = order[i];
    return { set, first, bytes: this.#contents[i]! };
  }

  #show(i: number, fraction: number): void {
    this.#progress[i] = fraction;
    this.received.value = order.reduce((sum, part, k) => sum + this.#progress[k] * bytesOf(part), 0);
  }
}
