import type { Batch, Model } from '../contender';

/** What a library that runs in this process provides; `B` is its batch type, `I` its type of inputs. */
export interface Library<B, I> {
  /** Copies a batch into the library's memory. */
  batch(batch: Batch): B;
  /** Copies inputs into the library's memory. */
  inputs(values: Float32Array): I;
  disposeBatch(batch: B): void;
  disposeInputs(inputs: I): void;
  /** Takes one optimizer step, and returns the loss. */
  step(batch: B): Promise<number>;
  /** Returns the outputs; see {@link Prediction.outputs}. */
  predict(inputs: I): Promise<Float32Array>;
  /** See {@link Model.epoch}. */
  epoch?(): Promise<number>;
  dispose(): void;
}

/** Adds timing to a library's model. */
export function inProcess<B, I>(library: Library<B, I>): Model {
  let batches: B[] = [];
  let inputs: I | undefined;
  let next = 0;
  const forgetBatches = () => batches.splice(0).forEach((batch) => void library.disposeBatch(batch));
  const forgetInputs = () => {
    if (inputs !== undefined) library.disposeInputs(inputs);
    inputs = undefined;
  };

  return {
    async load(given) {
      forgetBatches();
      batches = given.map((batch) => library.batch(batch));
      next = 0;
    },
    async train(steps, before = 1) {
      const losses: number[] = [];
      const take = async (count: number) => {
        for (let i = 0; i < count; i++) losses.push(await library.step(batches[next++ % batches.length]));
      };
      await take(before);
      const started = performance.now();
      await take(steps);
      return { milliseconds: performance.now() - started, losses };
    },
    async show(values) {
      forgetInputs();
      inputs = library.inputs(values);
    },
    async predict(times) {
      let outputs = await library.predict(inputs!);
      const started = performance.now();
      for (let i = 0; i < times; i++) outputs = await library.predict(inputs!);
      return { milliseconds: performance.now() - started, outputs };
    },
    ...(library.epoch && { epoch: () => library.epoch!() }),
    async dispose() {
      forgetBatches();
      forgetInputs();
      library.dispose();
    },
  };
}
