import { computed, type Signal, signal } from '@preact/signals';
import { proxy, type Remote, transfer } from 'comlink';
import { type DataChoice, isMade } from './dataset';
import type { ImageLoader } from './image-loader';
import { Network } from './network';
import type { BackendName } from './page-settings';
import { rivalOf, type Settings } from './settings';
import { Turns } from './turns';
import type { Arrival, InspectorApi, Loaded, Reading, TrainerEvent } from './worker/protocol';
import { WorkerLine } from './worker-line';

/**
 * - `starting`: the workers are being started;
 * - `ready`: there is an untrained network;
 * - `loaded`: there is one from a file, whose run cannot continue;
 * - `running`, `paused`;
 * - `finished`: all epochs are done; `stopped`: they are not and will not be;
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

/** The minimum time between inspections of a running network, in milliseconds; those on made data take a moment. */
const inspectionIntervalOf = ({ dataset }: DataChoice) => (isMade(dataset) ? 100 : 500);

/** For promises that nobody awaits: its line reports a worker that breaks. */
const unwatched = (answer: Promise<unknown>) => void answer.catch(() => {});

/** The networks being trained, and the one worker that inspects them. It executes its commands in order. */
export class Session {
  readonly phase = signal<Phase>('starting');
  readonly networks = signal<Network[]>([]);
  /** The network that is being inspected. */
  readonly chosen = signal(0);
  /** What the networks learn, or are tested on if they are from a file. */
  readonly data: Signal<DataChoice>;
  readonly problem = signal<string | undefined>(undefined);
  /** The settings from which untrained networks were last made, or could not be made. */
  readonly prepared = signal<Settings | undefined>(undefined);
  /** How often a network has been inspected in a new state, after which drawings are read again. */
  readonly seen = signal(0);
  readonly waiting = computed(() => this.networks.value.some(({ waiting }) => waiting.value));
  readonly underWay = computed(() => this.phase.value === 'running' || this.phase.value === 'paused');

  /** Whether the networks have started a run, or come from a file. */
  hasBegun = false;

  readonly #loader: ImageLoader;
  readonly #turns = new Turns();
  #inspector: Remote<InspectorApi> | undefined;
  #closeInspector = () => {};
  /** Whether something has failed since the workers started, which leaves their memory in an unknown state. */
  #isSuspect = false;
  /** Whether a worker has stopped, and its network with it. */
  #isBroken = false;
  /** The networks whose run has ended, and whether it finished. */
  readonly #ended = new Map<Network, boolean>();
  /** The number of the current run, by which late messages from an earlier one are recognized. */
  #run = 0;
  /** The networks being inspected, and whether to inspect them once more afterward. */
  readonly #inspected = new Map<Network, boolean>();

  /** @param data what the first networks will learn. */
  constructor(loader: ImageLoader, data: DataChoice) {
    this.#loader = loader;
    this.data = signal(data);
  }

  /** Makes new, untrained networks. */
  reset(settings: Settings): Promise<void> {
    return this.#act(() => this.#prepare(settings));
  }

  /**
   * Makes new untrained networks for new settings, unless there are trained ones. After a failure, new settings start over.
   * Networks that have learned something stay, so that they can be saved.
   */
  follow(settings: Settings): Promise<void> {
    return this.#act(async () => {
      const { value: phase } = this.phase;
      if (phase === 'failed' && this.hasBegun && !this.#isBroken) {
        this.problem.value = undefined;
        this.phase.value = 'stopped';
      } else if (phase === 'ready' || phase === 'failed') await this.#prepare(settings);
    });
  }

  /** Starts a run with new networks, unless one is in progress. */
  start(settings: Settings): Promise<void> {
    return this.#act(async () => {
      if (this.underWay.value) return;
      await this.#prepare(settings);
      this.#goOn();
    });
  }

  resume(): Promise<void> {
    return this.#act(async () => {
      if (this.phase.value === 'paused') this.#goOn();
    });
  }

  pause(): Promise<void> {
    return this.#act(() => this.#halt());
  }

  /** Ends the run; the networks stay. */
  stop(): Promise<void> {
    return this.#act(async () => {
      await this.#halt();
      if (this.underWay.value) this.phase.value = 'stopped';
    });
  }

  /** The file of a network. */
  save(network: Network): Promise<Uint8Array<ArrayBuffer>> {
    return network.trainer.save();
  }

  /**
   * Loads the network from a file, and its run if it can continue.
   *
   * @throws {Error} if something is wrong with the file; nothing changes then.
   */
  load(bytes: Uint8Array, settings: Settings): Promise<Loaded> {
    return this.#turns.take(async () => {
      const [first, loaded] = await this.#loadInto(bytes, settings);
      this.#run++;
      this.problem.value = undefined;
      this.hasBegun = true;
      await this.#setCount(1, settings.backend);
      const { history, at, resumable, data } = loaded;
      this.data.value = data;
      first.begin({ ...settings, ...loaded.settings, ...data });
      first.restore(history, at);
      const isDone = resumable && history.length >= (loaded.settings.epochs ?? settings.epochs);
      this.phase.value = isDone ? 'finished' : resumable ? 'paused' : 'loaded';
      void this.#inspect(first);
      return loaded;
    });
  }

  /** Loads into the first network, or into a new one if the existing ones have failed, or are on another backend. */
  async #loadInto(bytes: Uint8Array, settings: Settings): Promise<[Network, Loaded]> {
    const [first] = this.networks.value;
    if (first?.computer.backend === settings.backend && !this.#isSuspect)
      return [first, await first.trainer.load(bytes, settings)];
    const network = await this.#makeNetwork(0, settings.backend);
    try {
      const loaded = await network.trainer.load(bytes, settings);
      this.#closeWorkers();
      await this.#openInspector();
      this.networks.value = [network];
      return [network, loaded];
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /** The drawing as the networks see it, and their answers. */
  async read(image: ImageData): Promise<Reading> {
    if (this.#inspector === undefined) throw new Error('The network that reads it has not started yet.');
    const { data, width, height } = image;
    return this.#inspector.read(transfer(data, [data.buffer]), width, height);
  }

  /** Runs actions one after the other, and reports when one fails. */
  #act(action: () => Promise<void>): Promise<void> {
    return this.#turns.take(action).catch((error) => this.#fail(error));
  }

  async #prepare(settings: Settings): Promise<void> {
    this.#run++;
    this.problem.value = undefined;
    this.prepared.value = settings;
    this.hasBegun = false;
    if (this.#isSuspect) this.#closeWorkers();
    await this.#openInspector();
    await this.#setCount(settings.compare ? 2 : 1, settings.backend);
    const activations = [settings.activation, rivalOf(settings.activation)];
    await Promise.all(
      this.networks.value.map((network, i) =>
        network.trainer.prepare({ ...settings, activation: activations[i] }),
      ),
    );
    this.data.value = settings;
    for (const [i, network] of this.networks.value.entries()) {
      network.begin({ ...settings, activation: activations[i] });
    }
    this.phase.value = 'ready';
    for (const network of this.networks.value) void this.#inspect(network);
  }

  #goOn(): void {
    this.#run++;
    this.#ended.clear();
    this.hasBegun = true;
    this.phase.value = 'running';
    for (const network of this.networks.value) {
      unwatched(network.trainer.run(this.#run));
      void this.#watch(network, this.#run);
    }
  }

  async #halt(): Promise<void> {
    await Promise.all(this.networks.value.map(({ trainer }) => trainer.pause()));
  }

  /** Inspects a network for as long as its run continues. */
  async #watch(network: Network, run: number): Promise<void> {
    while (run === this.#run && this.phase.value === 'running' && !this.#ended.has(network)) {
      const begun = performance.now();
      await this.#inspect(network);
      const rest = inspectionIntervalOf(this.data.value) - (performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, rest)));
    }
  }

  /** Inspects a network, one inspection at a time: a request in the meantime causes one more, of the newest state. */
  async #inspect(network: Network): Promise<void> {
    if (this.#inspected.has(network)) {
      this.#inspected.set(network, true);
      return;
    }
    try {
      do {
        this.#inspected.set(network, false);
        const begun = network.begun;
        const { bytes, at, data } = await network.trainer.snapshot();
        const inspection = await this.#inspector?.inspect(
          network.number,
          transfer(bytes, [bytes.buffer]),
          data,
        );
        if (inspection === undefined || begun !== network.begun) continue;
        network.see(inspection, at);
        this.seen.value++;
      } while (this.#inspected.get(network));
    } catch (error) {
      if (this.networks.value.includes(network)) this.#fail(error);
    } finally {
      this.#inspected.delete(network);
    }
  }

  #take(network: Network, event: TrainerEvent, run: number): void {
    if (run !== this.#run) return;
    network.take(event);
    if (event.type === 'failed') this.#fail(new Error(event.message));
    if (event.type !== 'ended') return;
    this.#ended.set(network, event.finished);
    void this.#inspect(network);
    if (this.phase.value === 'running' && this.#ended.size === this.networks.value.length) {
      this.phase.value = [...this.#ended.values()].every(Boolean) ? 'finished' : 'paused';
    }
  }

  async #setCount(count: number, backend: BackendName): Promise<void> {
    const isKept = (network: Network | undefined) => network?.computer.backend === backend;
    while (this.networks.value.length > count || !this.networks.value.every(isKept)) {
      const { number, dispose } = this.networks.value.at(-1)!;
      this.networks.value = this.networks.value.slice(0, -1);
      dispose();
      await this.#inspector?.forget(number);
    }
    while (this.networks.value.length < count) {
      const network = await this.#makeNetwork(this.networks.value.length, backend);
      this.networks.value = [...this.networks.value, network];
    }
  }

  async #makeNetwork(number: number, backend: BackendName): Promise<Network> {
    const { line, computer } = await this.#startWorker(backend);
    const trainer = line.watch(await line.api.trainer());
    const arrive = (arrival: Arrival) => unwatched(trainer.arrive(arrival));
    this.#loader.subscribe(arrive);
    const network: Network = new Network(number, trainer, computer, () => {
      this.#loader.unsubscribe(arrive);
      line.close();
    });
    await trainer.onEvent(proxy((event, run) => this.#take(network, event, run)));
    return network;
  }

  async #openInspector(): Promise<void> {
    if (this.#inspector !== undefined) return;
    const { line } = await this.#startWorker('wasm');
    const inspector = line.watch(await line.api.inspector());
    const arrive = (arrival: Arrival) => {
      if (arrival.set === 'test') unwatched(inspector.arrive(arrival));
    };
    this.#loader.subscribe(arrive);
    this.#inspector = inspector;
    this.#closeInspector = () => {
      this.#loader.unsubscribe(arrive);
      line.close();
    };
  }

  async #startWorker(backend: BackendName) {
    const line = new WorkerLine((error) => {
      this.#fail(error);
      this.#isBroken = true;
    });
    try {
      return { line, computer: await line.api.start(backend) };
    } catch (error) {
      line.close();
      throw error;
    }
  }

  /** Terminates all workers, so that whatever comes next starts clean. */
  #closeWorkers(): void {
    const networks = this.networks.value;
    this.networks.value = [];
    for (const { dispose } of networks) dispose();
    this.#closeInspector();
    this.#inspector = undefined;
    this.#isSuspect = this.#isBroken = false;
  }

  /** Reports what is wrong, and ends whatever is still running, because nobody would see it. */
  #fail(error: unknown): void {
    this.problem.value = (error as Error).message;
    this.phase.value = 'failed';
    this.#isSuspect = true;
    this.#run++;
    for (const { trainer } of this.networks.value) unwatched(trainer.pause());
  }
}
