import { createOptimizer, HarmonicMLP, inspectModelFile, type MetricsEvent } from 'harmonic-mlp';
import type { Settings } from '../settings';
import { ArrivingImages } from './arriving-images';
import type { Arrival, Loaded, Position, Snapshot, TrainerApi, TrainerEvent } from './protocol';
import { modelOptions, readSavedRun, runMetadata } from './saved-run';
import { Stopwatch } from './stopwatch';
import { Turns } from './turns';

/** The losses are read every so many steps: a few times a second. */
const readEvery = 16;

/** A run that is under way. */
interface Running {
  number: number;
  control: AbortController;
  /** Whether it is only held for a moment, of which nobody is told. */
  held: boolean;
  ended: Promise<void>;
}

/** Trains one network with the very `fit` of the command line. */
export class Trainer implements TrainerApi {
  readonly #images = { train: new ArrivingImages('train'), test: new ArrivingImages('test') };
  readonly #clock = new Stopwatch();

  #listener: (event: TrainerEvent, run: number) => void = () => {};
  #settings!: Settings;
  #model: HarmonicMLP | undefined;
  #at = { epoch: 1, step: 0, stepsPerEpoch: 1 };
  /** Where the run goes on, once it has begun and has been interrupted or is finished. */
  #checkpoint: Uint8Array<ArrayBuffer> | undefined;
  #running: Running | undefined;
  readonly #turns = new Turns();

  constructor() {
    for (const images of Object.values(this.#images)) {
      images.onWait = (waits) => {
        if (waits) this.#clock.stop();
        else this.#clock.start();
        this.#emit({ type: waits ? 'waiting' : 'running' });
      };
    }
  }

  arrive(arrival: Arrival): void {
    this.#images[arrival.set].arrive(arrival);
  }

  onEvent(listener: (event: TrainerEvent, run: number) => void): void {
    this.#listener = listener;
  }

  prepare(settings: Settings): Promise<void> {
    return this.#turns.take(async () => {
      await this.#halt();
      // The old one stays until the new one is there.
      this.#take(new HarmonicMLP(modelOptions(settings)), settings, undefined);
      this.#clock.reset();
      this.#at = this.#beginning(settings);
    });
  }

  run(number: number): void {
    if (this.#running !== undefined || this.#model === undefined) return;
    const running: Running = {
      number,
      control: new AbortController(),
      held: false,
      ended: Promise.resolve(),
    };
    this.#running = running;
    running.ended = this.#fit(this.#model, this.#settings, running).finally(() => {
      this.#running = undefined;
    });
  }

  pause(): Promise<void> {
    return this.#turns.take(() => this.#halt());
  }

  async snapshot(): Promise<Snapshot> {
    // The weights are read here and now, before the run has its next turn.
    const at = this.#position();
    return { bytes: await this.#model!.toBytes(), at };
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#turns.take(async () => {
      const running = this.#running;
      if (running !== undefined) running.held = true;
      await this.#halt();
      const bytes = this.#checkpoint?.slice() ?? (await this.#model!.toBytes(runMetadata(this.#settings)));
      if (running !== undefined) this.run(running.number);
      return bytes;
    });
  }

  load(bytes: Uint8Array): Promise<Loaded> {
    return this.#turns.take(async () => {
      const info = inspectModelFile(bytes);
      const { settings, resumable } = readSavedRun(info);
      const model = HarmonicMLP.fromBytes(bytes);
      await this.#halt();
      this.#take(model, { ...this.#settings, ...settings }, resumable ? bytes.slice() : undefined);
      const { history, position } = info;
      this.#clock.reset(history.reduce((total, { seconds }) => total + seconds, 0));
      this.#at = position ?? this.#beginning(this.#settings);
      return { settings, resumable, at: this.#position(), history };
    });
  }

  /** Ends the run after its current step. */
  async #halt(): Promise<void> {
    this.#running?.control.abort();
    await this.#running?.ended;
  }

  #take(model: HarmonicMLP, settings: Settings, checkpoint: Uint8Array<ArrayBuffer> | undefined): void {
    this.#model?.dispose();
    this.#model = model;
    this.#settings = settings;
    this.#checkpoint = checkpoint;
  }

  #beginning(settings: Settings) {
    return { epoch: 1, step: 0, stepsPerEpoch: Math.ceil(this.#images.train.size / settings['batch-size']) };
  }

  #position(): Position {
    return { ...this.#at, seconds: this.#clock.seconds };
  }

  #emit(event: TrainerEvent): void {
    if (this.#running !== undefined) this.#listener(event, this.#running.number);
  }

  async #fit(model: HarmonicMLP, settings: Settings, running: Running): Promise<void> {
    const { train, test } = this.#images;
    train.firstEpoch = settings['first-epoch'];
    const metadata = runMetadata(settings);
    const accuracyOf = batchAccuracies(settings['batch-size'], train.size);
    try {
      const optimizer = createOptimizer(model, {
        learningRate: settings.lr,
        weightDecay: settings['weight-decay'],
        freqScaleFactor: settings['freq-scale-factor'],
        scale: settings['freq-scale'],
      });
      try {
        const { aborted } = await model.fit(train, {
          epochs: settings.epochs,
          batchSize: settings['batch-size'],
          optimizer,
          schedule: settings.schedule === 'constant' ? null : undefined,
          validation: test,
          signal: running.control.signal,
          readEvery,
          resume: this.#checkpoint,
          onStart: () => {
            this.#clock.start();
            this.#emit({ type: 'running' });
          },
          onStep: (position) => {
            this.#at = position;
          },
          onMetrics: (event) => {
            const { losses } = event;
            this.#emit({ type: 'metrics', at: this.#position(), losses, accuracy: accuracyOf(event) });
          },
          onEpoch: async ({ checkpoint, ...record }) => {
            this.#emit({ type: 'epoch', at: this.#position(), record });
            if (record.epoch === settings.epochs) this.#checkpoint = await checkpoint(metadata);
          },
          onAbort: async ({ checkpoint }) => {
            this.#checkpoint = await checkpoint(metadata);
          },
        });
        if (!running.held) this.#emit({ type: 'ended', finished: !aborted });
      } finally {
        optimizer.dispose();
      }
    } catch (error) {
      // The weights are the last good ones, which no checkpoint has.
      this.#checkpoint = undefined;
      this.#emit({ type: 'failed', message: (error as Error).message });
    } finally {
      this.#clock.stop();
    }
  }
}

/** Makes of the accuracies of an epoch so far, as they are read, those of the steps since the last reading. */
function batchAccuracies(batchSize: number, size: number): (event: MetricsEvent) => number {
  let last = { epoch: 0, examples: 0, correct: 0 };
  return ({ epoch, step, losses, accuracy }) => {
    const examples = Math.min(size, step * batchSize);
    const before = Math.min(size, (step - losses.length) * batchSize);
    const correct = accuracy * examples;
    // Of a run that was resumed, what came before is not known apart.
    const known = last.epoch === epoch && last.examples === before;
    const earlier = known ? last.correct : accuracy * before;
    last = { epoch, examples, correct };
    return examples === before ? accuracy : (correct - (before === 0 ? 0 : earlier)) / (examples - before);
  };
}
