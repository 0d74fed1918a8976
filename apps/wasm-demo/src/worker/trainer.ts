import {
  type BatchSource,
  createOptimizer,
  HarmonicMLP,
  inspectModelFile,
  type MetricsEvent,
} from 'harmonic-mlp';
import { modelOptions, optimizerOptions, scheduleOption, taskOption } from 'harmonic-mlp/settings';
import { isMade, madeDataset, madeExamples, measureOf, modelForm } from '../dataset';
import { type Measure, measured } from '../measure';
import type { Settings } from '../settings';
import { Turns } from '../turns';
import { ArrivingImages } from './arriving-images';
import type { Arrival, Epoch, Loaded, Position, Snapshot, TrainerApi, TrainerEvent } from './protocol';
import { readSavedRun, runMetadata } from './saved-run';
import { Stopwatch } from './stopwatch';

/** The losses are read after this many steps, */
const readEvery = 8;
/** and reported at most this often, in milliseconds: a page that receives more is busy with nothing else. */
const reportInterval = 125;

/** A run in progress. */
interface Running {
  number: number;
  control: AbortController;
  /** Whether it is only briefly suspended, which is not reported. */
  held: boolean;
  ended: Promise<void>;
}

/** Trains one network with the same `fit` as the command line. */
export class Trainer implements TrainerApi {
  readonly #images = { train: new ArrivingImages('train'), test: new ArrivingImages('test') };
  readonly #clock = new Stopwatch();

  #listener: (event: TrainerEvent, run: number) => void = () => {};
  #settings!: Settings;
  /** Additional content of a file of the network. */
  #metadata: Record<string, string> = {};
  #model: HarmonicMLP | undefined;
  #at = { epoch: 1, step: 0, stepsPerEpoch: 1 };
  /** Where the run continues, once it has started and has been interrupted or has finished. */
  #checkpoint: Uint8Array<ArrayBuffer> | undefined;
  #running: Running | undefined;
  readonly #turns = new Turns();

  /** @param failure rejects when what computes fails. */
  constructor(private readonly failure?: Promise<never>) {
    for (const images of Object.values(this.#images)) {
      images.onWait = (waits) => {
        if (waits) this.#clock.stop();
        else this.#clock.start();
        this.#emit({ type: waits ? 'waiting' : 'running', at: this.#position() });
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
      // The old one stays until the new one is ready.
      this.#take(await makeModel(settings), settings);
      this.#metadata = await runMetadata(settings);
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
    // The weights are read, or are to be copied, before the run's next turn.
    const at = this.#position();
    const { dataset, examples, dataNoise, labelSmoothing, seed } = this.#settings;
    const data = { dataset, examples, dataNoise, labelSmoothing, seed };
    return { bytes: await this.#computed(this.#model!.toBytes()), at, data };
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#turns.take(async () => {
      const running = this.#running;
      if (running !== undefined) running.held = true;
      await this.#halt();
      const bytes = this.#checkpoint?.slice() ?? (await this.#computed(this.#model!.toBytes(this.#metadata)));
      // A run that has failed in the meantime has no checkpoint.
      if (running !== undefined && this.#checkpoint !== undefined) this.run(running.number);
      return bytes;
    });
  }

  load(bytes: Uint8Array, others: Settings): Promise<Loaded> {
    return this.#turns.take(async () => {
      const info = inspectModelFile(bytes);
      const { settings, resumable, trainedOn, data } = await readSavedRun(info, others);
      const model = HarmonicMLP.fromBytes(bytes);
      await this.#halt();
      if (resumable) this.#take(model, { ...(settings as Settings), backend: others.backend }, bytes.slice());
      else this.#take(model, { ...others, ...settings, ...data });
      const { history, position, metadata } = info;
      // A network that was trained elsewhere keeps what its file says about that.
      this.#metadata = metadata.run === undefined ? {} : { run: metadata.run };
      this.#clock.reset(history.reduce((total, { seconds }) => total + seconds, 0));
      this.#at = position ?? this.#beginning(this.#settings);
      return { settings, resumable, trainedOn, data, at: this.#position(), history };
    });
  }

  /** What is computed, unless what computes fails, which is told before what comes of it. */
  async #computed<T>(work: Promise<T>): Promise<T> {
    const { failure } = this;
    if (failure === undefined) return work;
    try {
      return await Promise.race([work, failure]);
    } catch (error) {
      // A lost device reports that a moment later.
      const moment = new Promise((resolve) => setTimeout(resolve, 200));
      await Promise.race([failure, moment]);
      throw error;
    }
  }

  /** Ends the run after its current step. */
  async #halt(): Promise<void> {
    this.#running?.control.abort();
    await this.#running?.ended;
  }

  #take(model: HarmonicMLP, settings: Settings, checkpoint?: Uint8Array<ArrayBuffer>): void {
    this.#model?.dispose();
    this.#model = model;
    this.#settings = settings;
    this.#checkpoint = checkpoint;
  }

  #beginning(settings: Settings) {
    return { epoch: 1, step: 0, stepsPerEpoch: Math.ceil(this.#sizeOf(settings) / settings.batchSize) };
  }

  /** The number of examples to train on. */
  #sizeOf({ dataset, examples }: Settings): number {
    return isMade(dataset) ? examples! : this.#images.train.size;
  }

  /** The examples of a run: images as they arrive, or made ones. */
  #dataOf(settings: Settings) {
    const made = madeDataset(settings.dataset);
    if (made !== undefined)
      return { train: madeExamples(made, settings, 'train'), test: madeExamples(made, settings, 'test') };
    const { train, test } = this.#images;
    train.firstEpoch = settings.firstEpoch ?? 'shuffled';
    return { train, test };
  }

  #position(): Position {
    return { ...this.#at, seconds: this.#clock.seconds };
  }

  #emit(event: TrainerEvent): void {
    if (this.#running !== undefined) this.#listener(event, this.#running.number);
  }

  async #fit(model: HarmonicMLP, settings: Settings, running: Running): Promise<void> {
    const { train, test } = this.#dataOf(settings);
    const metadata = await runMetadata(settings);
    const measure = measureOf(settings.dataset);
    const means = new MeansOfSteps(measure, settings.batchSize, this.#sizeOf(settings));
    let epochs: { record: Epoch; seconds: number }[] = [];
    let reported = 0;
    const isDue = () => performance.now() - reported >= reportInterval;
    const report = (event: TrainerEvent) => {
      reported = performance.now();
      this.#emit(event);
    };
    const reportResults = () => {
      if (means.steps > 0) report({ type: 'metrics', at: this.#position(), ...means.take() });
      if (epochs.length > 0) report({ type: 'epochs', at: this.#position(), epochs });
      epochs = [];
    };
    try {
      const optimizer = createOptimizer(model, optimizerOptions(settings));
      try {
        const training = model.fit(train as BatchSource, {
          epochs: settings.epochs,
          batchSize: settings.batchSize,
          task: taskOption(settings),
          optimizer,
          // A resumed run has its own.
          schedule: this.#checkpoint === undefined ? scheduleOption(settings) : undefined,
          validation: test as BatchSource,
          signal: running.control.signal,
          readEvery,
          resume: this.#checkpoint,
          onStart: ({ epoch, step, stepsPerEpoch }) => {
            this.#at = { epoch, step, stepsPerEpoch };
            this.#clock.start();
            report({ type: 'running', at: this.#position() });
          },
          onCapture: ({ threads }) => report({ type: 'threads', at: this.#position(), threads }),
          onStep: (position) => {
            this.#at = position;
            // Large networks take a long time for the steps between two readings.
            if (isDue() && means.steps === 0) report({ type: 'progress', at: this.#position() });
          },
          onMetrics: (event) => {
            // The weights are no longer those of the checkpoint, and good.
            this.#checkpoint = undefined;
            means.add(event);
            if (isDue()) reportResults();
          },
          onEpoch: async ({ checkpoint, ...record }) => {
            epochs.push({ record, seconds: this.#clock.seconds });
            // Of small networks, hundreds are done in a second.
            if (isDue() || 1000 * record.seconds >= reportInterval) reportResults();
            if (record.epoch === settings.epochs) this.#checkpoint = await checkpoint(metadata);
          },
          onAbort: async ({ checkpoint }) => {
            this.#checkpoint = await checkpoint(metadata);
          },
        });
        const { aborted } = await this.#computed(training);
        reportResults();
        if (!running.held) this.#emit({ type: 'ended', at: this.#position(), finished: !aborted });
      } finally {
        optimizer.dispose();
      }
    } catch (error) {
      this.#emit({ type: 'failed', message: (error as Error).message });
    } finally {
      this.#clock.stop();
    }
  }
}

/** Makes an untrained network; periods that the settings leave open are proposed from made data. */
async function makeModel(settings: Settings): Promise<HarmonicMLP> {
  const options = { ...modelOptions(settings), ...modelForm(settings.dataset) };
  const made = madeDataset(settings.dataset);
  return made === undefined
    ? new HarmonicMLP(options)
    : HarmonicMLP.forData(madeExamples(made, settings, 'train'), options);
}

/** The mean loss and the measure of the steps since they were last taken, based on the readings of a run. */
class MeansOfSteps {
  steps = 0;
  #loss = 0;
  #examples = 0;
  #sum = 0;
  /** The readings of the epoch so far. */
  #read = { epoch: 0, examples: 0, sum: 0 };

  constructor(
    private readonly measure: Measure,
    private readonly batchSize: number,
    private readonly size: number,
  ) {}

  add({ epoch, step, stepsPerEpoch, losses, accuracy, metrics }: MetricsEvent<number | undefined>): void {
    // The last batch may be smaller, or larger by one example that would otherwise be alone.
    const after = (steps: number) => (steps === stepsPerEpoch ? this.size : steps * this.batchSize);
    const examples = after(step);
    const before = after(step - losses.length);
    const mean = this.#toMean(measured(this.measure, { ...metrics, accuracy })!);
    const sum = mean * examples;
    // For a resumed epoch, the part before the interruption is not known separately.
    const isKnown = this.#read.epoch === epoch && this.#read.examples === before;
    const earlier = isKnown ? this.#read.sum : mean * before;
    this.#read = { epoch, examples, sum };
    this.steps += losses.length;
    for (const loss of losses) this.#loss += loss;
    this.#examples += examples - before;
    // A difference of rounded sums may be slightly negative.
    this.#sum += Math.max(0, sum - earlier);
  }

  take(): { steps: number; loss: number; value: number } {
    const { steps } = this;
    const value = this.#fromMean(this.#sum / this.#examples);
    const means = { steps, loss: this.#loss / steps, value };
    this.steps = this.#loss = this.#examples = this.#sum = 0;
    return means;
  }

  /** The mean over examples that the measure is computed from: that of the RMSE is the mean of squares. */
  #toMean(value: number): number {
    return this.measure.isError ? value ** 2 : value;
  }

  #fromMean(mean: number): number {
    return this.measure.isError ? Math.sqrt(mean) : mean;
  }
}
