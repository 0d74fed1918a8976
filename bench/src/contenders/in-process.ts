import type { Batch, Model } from '../contender';

/** What a library that runs in this process provides; `B` is its batch type, `I` its image type. */
export interface Library<B, I> {
  /** Copies a batch into the library's memory. */
  batch(batch: Batch): B;
  /** Copies images into the library's memory. */
  images(values: Float32Array): I;
  disposeBatch(batch: B): void;
  disposeImages(images: I): void;
  /** Takes one optimizer step, and returns the loss. */
  step(batch: B): Promise<number>;
  /** Returns the class probabilities. */
  predict(images: I): Promise<Float32Array>;
  /** See {@link Model.epoch}. */
  epoch?(): Promise<number>;
  dispose(): void;
}

/** Adds timing to a library's model. */
export function inProcess<B, I>(library: Library<B, I>): Model {
  let batches: B[] = [];
  let images: I | undefined;
  let next = 0;
  const step = () => library.step(batches[next++ % batches.length]);
  const forgetBatches = () => batches.splice(0).forEach((batch) => void library.disposeBatch(batch));
  const forgetImages = () => {
    if (images !== undefined) library.disposeImages(images);
    images = undefined;
  };

  return {
    async load(given) {
      forgetBatches();
      batches = given.map((batch) => library.batch(batch));
      next = 0;
    },
    async train(steps) {
      const losses = [await step()];
      const started = performance.now();
      for (let i = 0; i < steps; i++) losses.push(await step());
      return { milliseconds: performance.now() - started, losses };
    },
    async show(values) {
      forgetImages();
      images = library.images(values);
    },
    async predict(times) {
      let probabilities = await library.predict(images!);
      const started = performance.now();
      for (let i = 0; i < times; i++) probabilities = await library.predict(images!);
      return { milliseconds: performance.now() - started, probabilities };
    },
    ...(library.epoch && { epoch: () => library.epoch!() }),
    async dispose() {
      forgetBatches();
      forgetImages();
      library.dispose();
    },
  };
}
