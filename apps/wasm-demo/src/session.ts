import { computed, signal } from '@preact/signals';
import { proxy, type Remote, releaseProxy, transfer, wrap } from 'comlink';
import type { Activation } from 'harmonic-mlp';
import type { ImageLoader } from './image-loader';
import { Network } from './network';
import type { Settings } from './settings';
import type { Arrival, InspectorApi, Loaded, Reading, TrainerEvent, WorkerApi } from './worker/protocol';

/**
 * - `starting`: the workers are being started;
 * - `ready`: there is an untrained network;
 * - `loaded`: there is one from a file, whose run cannot go on;
 * - `running`, `paused`;
 * - `finished`: all epochs are done; `stopped`: they are not, and will not be;
 * - `failed`: see the problem.
 */
export type Phase =
  | 'starting'
  | 'ready'
  | 'loaded'
  | 'running'
  | 'paused'
  | 'finished'
  | 'stopped'
  | 'failed';

/** A running network is looked into this often at most, in milliseconds. */
const inspectionInterval = 500;

const rivalOf = (activation: Activation): Activation => (activation === 'harmonic' ? 'relu' : 'harmonic');

/** The networks that are trained, and the one worker that looks into them. */
export class Session {
  readonly phase = signal<Phase>('starting');
  readonly networks = signal<Network[]>([]);
  readonly problem = signal<string | undefined>(undefined);
  /** What untrained networks have been made of. */
  readonly prepared = signal<Settings | undefined>(undefined);
  /** What computes. */
  readonly computer = signal<{ backend: string; simd: string } | undefined>(undefined);
  /** How often a network has been seen in a new state: whoever reads drawings does it again. */
  readonly seen = signal(0);
  readonly waiting = computed(() => this.networks.value.some(({ waiting }) => waiting.value));

  readonly #loader: ImageLoader;
  #inspector!: Remote<InspectorApi>;
  /** The networks whose current run has ended, and the number of that run. */
  #ended = new Set<Network>();
  #run = 0;
  /** Counts what begins anew, so that what comes late of an earlier run is known. */
  #generation = 0;

  constructor(loader: ImageLoader) {
    this.#loader = loader;
  }

  /** Starts the workers, and makes the networks of the settings. */
  async open(settings: Settings): Promise<void> {
    await this.#attempt(async () => {
      const worker = await this.#startWorker();
      this.computer.value = worker.computer;
      this.#inspector = await worker.api.inspector();
      this.#loader.subscribe((arrival) => {
        if (arrival.set === 'test') void this.#inspector.arrive(arrival);
      });
      await this.#prepare(settings);
    });
  }

  /** Makes new, untrained networks. */
  async reset(settings: Settings): Promise<void> {
    await this.#attempt(() => this.#prepare(settings));
  }

  async start(settings: Settings): Promise<void> {
    await this.#attempt(async () => {
      await this.#prepare(settings);
      this.#goOn();
    });
  }

  resume(): void {
    if (this.phase.value === 'paused') this.#goOn();
  }

  async pause(): Promise<void> {
    await Promise.all(this.networks.value.map(({ trainer }) => trainer.pause()));
  }

  /** Ends the run; the networks stay. */
  async stop(): Promise<void> {
    await this.pause();
    if (this.phase.value === 'running' || this.phase.value === 'paused') this.phase.value = 'stopped';
  }

  /** The file of a network. */
  async save(network: Network): Promise<Uint8Array<ArrayBuffer>> {
    return network.trainer.save();
  }

  /** Takes the network of a file, and its run where it can go on. */
  async load(bytes: Uint8Array, settings: Settings): Promise<Loaded> {
    const [first] = this.networks.value;
    const loaded = await first.trainer.load(bytes);
    this.#generation++;
    this.problem.value = undefined;
    await this.#setCount(1);
    const { history, at, resumable } = loaded;
    first.begin({ ...settings, ...loaded.settings });
    first.restore(history, at);
    const isDone = resumable && history.length >= (loaded.settings.epochs ?? settings.epochs);
    this.phase.value = isDone ? 'finished' : resumable ? 'paused' : 'loaded';
    void this.#inspect(first);
    return loaded;
  }

  /** What is drawn, and what the networks take it for. */
  async read(image: ImageData): Promise<Reading> {
    const { data, width, height } = image;
    return this.#inspector.read(transfer(data, [data.buffer]), width, height);
  }

  async #prepare(settings: Settings): Promise<void> {
    const generation = ++this.#generation;
    this.#run++;
    this.problem.value = undefined;
    await this.#setCount(settings.compare ? 2 : 1);
    const activations = [settings.activation, rivalOf(settings.activation)];
    await Promise.all(
      this.networks.value.map((network, i) =>
        network.trainer.prepare({ ...settings, activation: activations[i] }),
      ),
    );
    if (generation !== this.#generation) return;
    for (const [i, network] of this.networks.value.entries()) {
      network.begin({ ...settings, activation: activations[i] });
    }
    this.prepared.value = settings;
    this.phase.value = 'ready';
    for (const network of this.networks.value) void this.#inspect(network);
  }

  #goOn(): void {
    this.#run++;
    this.#ended.clear();
    this.phase.value = 'running';
    for (const network of this.networks.value) {
      void network.trainer.run(this.#run);
      void this.#watch(network);
    }
  }

  /** Looks into a network for as long as it runs. */
  async #watch(network: Network): Promise<void> {
    const generation = this.#generation;
    const goesOn = () =>
      generation === this.#generation && this.phase.value === 'running' && !this.#ended.has(network);
    while (goesOn()) {
      const begun = performance.now();
      await this.#inspect(network);
      const rest = inspectionInterval - (performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, rest)));
    }
  }

  async #inspect(network: Network): Promise<void> {
    const generation = this.#generation;
    try {
      const { bytes, at } = await network.trainer.snapshot();
      const inspection = await this.#inspector.inspect(network.number, transfer(bytes, [bytes.buffer]));
      if (generation !== this.#generation) return;
      network.see(inspection, at);
      this.seen.value++;
    } catch (error) {
      if (generation === this.#generation) this.#fail(error);
    }
  }

  #take(network: Network, event: TrainerEvent, run: number): void {
    // What comes late of an earlier run is of no interest.
    if (run !== this.#run) return;
    network.take(event);
    if (event.type === 'failed') {
      this.#fail(new Error(event.message));
      // Nobody would compare with it.
      for (const other of this.networks.value) if (other !== network) void other.trainer.pause();
    } else if (event.type === 'ended') {
      this.#ended.add(network);
      void this.#inspect(network);
      if (this.phase.value === 'running' && this.#ended.size === this.networks.value.length) {
        this.phase.value = event.finished ? 'finished' : 'paused';
      }
    }
  }

  async #setCount(count: number): Promise<void> {
    const networks = [...this.networks.value];
    while (networks.length > count) {
      const { number, dispose } = networks.pop()!;
      dispose();
      await this.#inspector.forget(number);
    }
    while (networks.length < count) networks.push(await this.#makeNetwork(networks.length));
    this.networks.value = networks;
  }

  async #makeNetwork(number: number): Promise<Network> {
    const { api, worker } = await this.#startWorker();
    const trainer = await api.trainer();
    const arrive = (arrival: Arrival) => void trainer.arrive(arrival);
    this.#loader.subscribe(arrive);
    const network: Network = new Network(number, trainer, () => {
      this.#loader.unsubscribe(arrive);
      api[releaseProxy]();
      worker.terminate();
    });
    await trainer.onEvent(proxy((event, run) => this.#take(network, event, run)));
    return network;
  }

  async #startWorker() {
    const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' });
    const broken = new Promise<never>((_, reject) => {
      worker.onerror = ({ message }) => {
        const error = new Error(
          `A background program of this page has stopped${message ? `: ${message}` : ''}. Reload the page.`,
        );
        reject(error);
        this.#fail(error);
      };
    });
    const api = wrap<WorkerApi>(worker);
    const computer = await Promise.race([api.start(), broken]);
    return { api, worker, computer };
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.problem.value = (error as Error).message;
    this.phase.value = 'failed';
  }
}
