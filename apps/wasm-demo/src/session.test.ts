import { expose, proxy } from 'comlink';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DataChoice } from './dataset';
import type { BackendName } from './page-settings';
import { Session } from './session';
import { initialTexts, parseSettings } from './settings';
import type { Loaded, Snapshot, TrainerEvent } from './worker/protocol';

const settings = parseSettings(initialTexts).settings!;
const at = { epoch: 1, step: 0, stepsPerEpoch: 10, seconds: 0 };

/** The behavior of the next trainers. */
const behavior = {
  prepare: async () => {},
  load: async (): Promise<Loaded> => Promise.reject(),
  snapshot: (): Snapshot => ({ bytes: new Uint8Array(1), at, data: settings }),
};

/** Replaces a browser's workers: each is a port with a fake trainer and a fake inspector at the other end. */
class StandIn {
  static all: StandIn[] = [];
  /** The data of each inspection. */
  static inspected: string[] = [];
  static hasGraphics = true;
  backend: BackendName | undefined;
  onerror: (event: { message: string }) => void = () => {};
  terminated = false;
  emit: (event: TrainerEvent, run: number) => unknown = () => {};
  readonly #channel = new MessageChannel();

  constructor() {
    StandIn.all.push(this);
    const trainer = () =>
      proxy({
        ...behavior,
        arrive() {},
        onEvent: (listener: StandIn['emit']) => {
          this.emit = listener;
        },
        run: (run: number) => this.emit({ type: 'running', at }, run),
        pause() {},
        save: () => new Uint8Array(1),
      });
    const inspect = (_network: number, _model: Uint8Array, { dataset }: DataChoice) => {
      StandIn.inspected.push(dataset);
    };
    const inspector = () => proxy({ arrive() {}, inspect, forget() {} });
    const start = (backend: BackendName) => {
      this.backend = backend;
      if (backend === 'webgpu' && !StandIn.hasGraphics) throw new Error('no graphics adapter');
      return { backend, simd: 'fixed', adapter: 'card' };
    };
    expose({ start, trainer, inspector }, this.#channel.port2);
  }

  postMessage = (message: unknown, transfer: Transferable[]) =>
    this.#channel.port1.postMessage(message, transfer);
  addEventListener = (type: string, listener: EventListener) =>
    this.#channel.port1.addEventListener(type, listener);
  removeEventListener = (type: string, listener: EventListener) =>
    this.#channel.port1.removeEventListener(type, listener);
  start = () => this.#channel.port1.start();

  terminate(): void {
    this.terminated = true;
    this.#channel.port1.close();
  }
}

const working = { ...behavior };
const never = () => new Promise<never>(() => {});
const alive = () => StandIn.all.filter(({ terminated }) => !terminated);
let session: Session;

beforeEach(() => {
  StandIn.all = [];
  StandIn.inspected = [];
  StandIn.hasGraphics = true;
  Object.assign(behavior, working);
  vi.stubGlobal('Worker', StandIn);
  session = new Session({ subscribe() {}, unsubscribe() {} } as never, settings);
});
afterEach(() => {
  for (const worker of alive()) worker.terminate();
  vi.unstubAllGlobals();
});

const state = () => [session.phase.value, session.problem.value];

it('starts clean with the next settings after some that could not be made', async () => {
  await session.reset(settings);
  expect(state()).toEqual(['ready', undefined]);
  const before = alive();
  behavior.prepare = async () => {
    throw new Error('too large');
  };
  // The existing workers keep doing what they did; a failing one belongs to the next generation.
  await session.reset({ ...settings, compare: true });
  expect(state()).toEqual(['failed', 'too large']);
  expect(session.hasBegun).toBe(false);

  behavior.prepare = working.prepare;
  await session.follow(settings);
  expect(state()).toEqual(['ready', undefined]);
  expect(session.networks.value).toHaveLength(1);
  // The memory of the earlier workers is in an unknown state.
  expect(before.every(({ terminated }) => terminated)).toBe(true);
  expect(alive()).toHaveLength(2);
});

it('inspects a network on its own data, though the page may still have others', async () => {
  behavior.snapshot = () => ({ ...working.snapshot(), data: { dataset: 'waves', seed: 0 } });
  await session.reset(settings);
  expect(session.data.value.dataset).toBe('mnist');
  await vi.waitFor(() => expect(StandIn.inspected.at(-1)).toBe('waves'));
});

it('trains on the chosen backend, and inspects on wasm', async () => {
  const backends = () => alive().map(({ backend }) => backend);
  await session.reset({ ...settings, compare: true });
  expect(backends()).toEqual(['wasm', 'wasm', 'wasm']);
  const [inspector] = alive();
  await session.start({ ...settings, compare: true, backend: 'webgpu' });
  expect(state()).toEqual(['running', undefined]);
  expect(backends()).toEqual(['wasm', 'webgpu', 'webgpu']);
  expect(alive()[0]).toBe(inspector);
  expect(session.networks.value.map(({ number, computer }) => [number, computer.backend])).toEqual([
    [0, 'webgpu'],
    [1, 'webgpu'],
  ]);

  behavior.load = async () => ({ settings: {}, resumable: true, data: settings, at, history: [] });
  await session.load(new Uint8Array(1), settings);
  expect(state()).toEqual(['paused', undefined]);
  expect(backends()).toEqual(['wasm', 'wasm']);
});

it('says that there is no graphics adapter, and goes on with wasm', async () => {
  StandIn.hasGraphics = false;
  await session.reset({ ...settings, backend: 'webgpu' });
  expect(state()).toEqual(['failed', 'no graphics adapter']);
  await session.follow(settings);
  expect(state()).toEqual(['ready', undefined]);
  expect(alive()).toHaveLength(2);
});

it('does not wait for ever for a worker that has stopped', async () => {
  behavior.prepare = never;
  const reset = session.reset(settings);
  await vi.waitFor(() => expect(session.networks.value).toHaveLength(1));
  const [network] = session.networks.value;
  StandIn.all.at(-1)!.onerror({ message: 'out of memory' });
  await reset;
  expect(state()).toEqual(['failed', expect.stringContaining('has stopped: out of memory')]);
  await expect(session.save(network)).rejects.toThrow('has stopped');

  behavior.prepare = working.prepare;
  await session.follow({ ...settings, hidden: [8] });
  expect(state()).toEqual(['ready', undefined]);
  expect(alive()).toHaveLength(2);
});

it('keeps networks whose run has failed until the next one, and forgets the problem with the next settings', async () => {
  await session.start(settings);
  expect(session.phase.value).toBe('running');
  const { networks } = session;
  const [network] = networks.value;
  const worker = alive().at(-1)!;
  worker.emit({ type: 'failed', message: 'The loss is NaN.' }, 2);
  await vi.waitFor(() => expect(state()).toEqual(['failed', 'The loss is NaN.']));

  await session.follow({ ...settings, learningRate: 1e-4 });
  expect(state()).toEqual(['stopped', undefined]);
  expect(networks.value).toEqual([network]);
  expect(await session.save(network)).toEqual(new Uint8Array(1));

  await session.start({ ...settings, learningRate: 1e-4 });
  expect(state()).toEqual(['running', undefined]);
  expect(worker.terminated).toBe(true);
});

it('makes networks anew when a worker has stopped in a run', async () => {
  await session.start(settings);
  alive().at(-1)!.onerror({ message: '' });
  expect(session.phase.value).toBe('failed');
  await session.follow(settings);
  expect(state()).toEqual(['ready', undefined]);
  expect(alive()).toHaveLength(2);
});

it('takes a file after a failure, and keeps what there is when the file is bad', async () => {
  await session.start(settings);
  alive().at(-1)!.emit({ type: 'failed', message: 'The loss is NaN.' }, 2);
  await vi.waitFor(() => expect(session.phase.value).toBe('failed'));
  const [network] = session.networks.value;
  behavior.load = async () => {
    throw new Error('no file of a network');
  };
  await expect(session.load(new Uint8Array(1), settings)).rejects.toThrow('no file of a network');
  expect(session.networks.value).toEqual([network]);

  behavior.load = async () => ({ settings: {}, resumable: false, data: settings, at, history: [] });
  await session.load(new Uint8Array(1), settings);
  expect(state()).toEqual(['loaded', undefined]);
  expect(session.networks.value).toHaveLength(1);
  expect(session.networks.value).not.toEqual([network]);
  expect(alive()).toHaveLength(2);
});
