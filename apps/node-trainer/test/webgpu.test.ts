import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webgpuHere } from './any-webgpu';
import { cutMnist, type Ended, events, main, start } from './trainer-process';

const { started, missing, required } = await webgpuHere();
/** Whether Dawn is installed and loads on this system. */
const hasDawn = await import('webgpu').then(
  () => true,
  () => false,
);

let folder: string;
let cut: string;

/** A network so small that a software adapter trains it in seconds. */
const tiny = ['--hidden', '8', '--batch-size', '40', '--no-verify'];
const train = (out: string, ...more: string[]) => {
  const data = ['--data-dir', cut, '--out', out];
  return ['train', '--backend', 'webgpu', ...tiny, ...data, ...more];
};

const run = (args: string[], env?: Record<string, string>): Promise<Ended> =>
  start(args, { cwd: folder, env }).ended;

/** The lines that a process wrote to standard error. */
const errors = ({ stderr }: Ended) => stderr.split('\n').filter((line) => line !== '');

/** The environment that runs some code before the command line. */
const preloading = async (name: string, program: string) => {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, program);
  return { NODE_OPTIONS: `--import ${pathToFileURL(file)}` };
};

/** The environment that replaces the body of an adapter's `requestDevice`. */
const patchingDevices = (name: string, body: string, also = '') =>
  preloading(
    name,
    `import { existsSync } from 'node:fs';
    import { createRequire } from 'node:module';
    import { pathToFileURL } from 'node:url';
    const { globals } = await import(pathToFileURL(createRequire(${JSON.stringify(main)}).resolve('webgpu')));
    const { requestDevice } = globals.GPUAdapter.prototype;
    globals.GPUAdapter.prototype.requestDevice = async function (...args) { ${body} };
    ${also}`,
  );

beforeAll(async () => {
  expect(existsSync(main), `${main} is there: build first, as "pnpm test" does`).toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'harmonic-webgpu-'));
  cut = join(folder, 'cut');
  await mkdir(cut);
  await cutMnist(cut, 160, 80);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('without what it needs', () => {
  it.runIf(process.platform === 'linux' && hasDawn)(
    'says that there is no adapter, and what to install',
    async () => {
      const ended = await run(train('none'), { VK_DRIVER_FILES: join(folder, 'missing.json') });
      expect(ended.code).toBe(1);
      expect(errors(ended)).toEqual([
        expect.stringMatching(
          /^error: The webgpu backend cannot be used: No graphics card was found\. If there is one, install its Vulkan driver .*libvulkan1/,
        ),
      ]);
    },
  );

  // Hooks that fail as Node does when a package or its library is missing.
  const failing = (specifier: string, code: string, message: string) => `
    import { register } from 'node:module';
    const hooks = \`export async function resolve(specifier, context, next) {
      if (specifier !== '${specifier}') return next(specifier, context);
      throw Object.assign(new Error(${JSON.stringify(message)}), { code: '${code}' });
    }\`;
    register('data:text/javascript,' + encodeURIComponent(hooks));`;

  it.each([
    [
      'Dawn is not installed',
      failing('webgpu', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'webgpu'"),
      'Its package webgpu is not installed. Run npx --yes pnpm@10 install.',
    ],
    [
      'Dawn has nothing for this system',
      failing('webgpu', 'MODULE_NOT_FOUND', "Cannot find module 'dawn.node'"),
      `Its package webgpu does not support ${process.platform} on ${process.arch}. Use another --backend.`,
    ],
    [
      'the system is too old for Dawn',
      failing('webgpu', 'ERR_DLOPEN_FAILED', "libc.so.6: version 'GLIBC_2.34' not found"),
      "Its package webgpu does not load here: libc.so.6: version 'GLIBC_2.34' not found.",
    ],
  ])('says that %s', async (name, program, message) => {
    const ended = await run(train('none'), await preloading(name.replaceAll(' ', '-'), program));
    expect(ended.code).toBe(1);
    expect(errors(ended)).toHaveLength(1);
    expect(errors(ended)[0]).toContain(`error: The webgpu backend cannot be used: ${message}`);
  });

  it.skipIf(missing !== undefined)("says that tfjs's part is not installed", async () => {
    const name = '@tensorflow/tfjs-backend-webgpu';
    const program = failing(name, 'ERR_MODULE_NOT_FOUND', `Cannot find package '${name}'`);
    const ended = await run(train('none'), await preloading('tfjs', program));
    expect(ended.code).toBe(1);
    expect(errors(ended)).toEqual([
      `error: The webgpu backend cannot be used: Its package ${name} is not installed. Run npx --yes pnpm@10 install.`,
    ]);
  });
});

if (required && missing !== undefined) it('has an adapter', () => expect.fail(missing));

describe.skipIf(missing !== undefined)(`on ${started?.device ?? `an adapter (${missing})`}`, () => {
  it.runIf(/swiftshader/.test(process.env.VK_DRIVER_FILES ?? ''))('is known as software', () => {
    expect(started).toMatchObject({
      adapter: 'software',
      description: 'webgpu backend on SwiftShader, a software adapter',
      device: expect.stringMatching(/^SwiftShader driver \d/),
    });
  });

  it('trains, says what computes, saves, and ends; then evaluates and predicts', async () => {
    const trained = await run(train('trained', '--epochs', '2'));
    expect(trained).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(trained.stdout).toContain(`\n${started?.description}, batches of 40,`);
    expect(started?.description).toMatch(/^webgpu backend on ./);
    expect(started?.description.endsWith(', a software adapter')).toBe(started?.adapter === 'software');
    const config = JSON.parse(await readFile(join(folder, 'trained', 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      backend: 'webgpu',
      computes: started?.description,
      device: started?.device,
    });
    expect(config.versions.webgpu).toMatch(/^Dawn \d+\.\d+\.\d+, tfjs-backend-webgpu 4\.22\.0$/);

    const metrics = await readFile(join(folder, 'trained', 'metrics.jsonl'), 'utf8');
    const [first, second] = metrics
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(second.trainLoss).toBeLessThan(first.trainLoss);

    const model = ['--model', 'trained/last.safetensors', '--no-verify'];
    const results = [];
    for (const backend of ['webgpu', 'cpu']) {
      const evaluated = await run(['evaluate', ...model, '--backend', backend, '--json']);
      expect(evaluated).toMatchObject({ code: 0, stderr: '' });
      const predicted = await run(['predict', '3', ...model, '--backend', backend, '--json']);
      expect(predicted).toMatchObject({ code: 0, stderr: '' });
      results.push([events(evaluated)[0].testAccuracy, events(predicted)[0].prediction]);
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0][0]).toBe(second.validation.accuracy);
  });

  it('ends when the adapter is lost; what was saved is intact, and can be resumed on another backend', {
    tags: 'long',
  }, async () => {
    const env = await patchingDevices(
      'lost',
      `const device = await requestDevice.apply(this, args);
      const timer = setInterval(() => {
        if (!existsSync('lost/metrics.jsonl')) return;
        clearInterval(timer);
        device.destroy();
      }, 1);
      timer.unref();
      return device;`,
    );
    const ended = await run(train('lost', '--epochs', '50', '--json'), env);
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(errors(ended)).toEqual([
      'error: The graphics adapter was lost during the work (device was destroyed). What was saved before is intact; resume with: npx --yes pnpm@10 train --resume lost/last.safetensors (on another backend with --backend auto)',
    ]);
    const epochs = events(ended).length;
    expect(epochs).toBeGreaterThanOrEqual(1);
    expect(epochs).toBeLessThan(50);

    const resume = ['train', '--resume', 'lost/last.safetensors', '--epochs', `${epochs + 1}`, '--json'];
    const resumed = await run([...resume, '--backend', 'cpu']);
    expect(resumed).toMatchObject({ code: 0, stderr: '' });
    expect(events(resumed)).toMatchObject([{ epoch: epochs + 1 }, { event: 'summary', epochs: epochs + 1 }]);
  });

  it.each([
    ['wasm', 'webgpu'],
    ['webgpu', 'wasm'],
  ])(
    'goes on with a run of %s on %s as if nothing had changed, but for rounding',
    {
      tags: 'long',
    },
    async (from, to) => {
      const out = `${from}-${to}`;
      const setup = ['--preset', 'published', ...tiny, '--data-dir', cut, '--json'];
      const whole = await run([
        'train',
        '--backend',
        from,
        ...setup,
        '--out',
        `${out}-whole`,
        '--epochs',
        '3',
      ]);
      const first = await run(['train', '--backend', from, ...setup, '--out', out, '--epochs', '1']);
      const last = await run(['train', '--resume', out, '--epochs', '3', '--backend', to, '--json']);
      for (const ended of [whole, first, last]) expect(ended).toMatchObject({ code: 0, stderr: '' });
      const epochs = events(last).filter(({ event }) => event !== 'summary');
      expect(epochs.map(({ epoch }) => epoch)).toEqual([2, 3]);
      epochs.forEach(({ trainLoss }, i) => {
        expect(Number(trainLoss) / Number(events(whole)[i + 1].trainLoss)).toBeCloseTo(1, 3);
      });
    },
  );

  const takesMinutes = started?.adapter === 'software' && !process.env.TRAIN_IN_SOFTWARE;
  it.skipIf(takesMinutes)(
    `trains the published model for an epoch as PyTorch does${takesMinutes ? ' (a software adapter takes minutes, and does so only where TRAIN_IN_SOFTWARE is set)' : ''}`,
    { tags: 'long', timeout: 900_000 },
    async () => {
      const args = ['--preset', 'published', '--epochs', '1', '--seed', '1', '--out', 'published', '--json'];
      const ended = await run(['train', '--backend', 'webgpu', ...args]);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const { testAccuracy } = events(ended)[0];
      // The range of PyTorch's sixteen seeds, extended by its standard deviation on both sides.
      expect(testAccuracy).toBeGreaterThanOrEqual(0.95);
      expect(testAccuracy).toBeLessThan(0.965);
    },
  );

  const twentiethBuffer = (mapped: boolean, becomes: string) => `
    const device = await requestDevice.apply(this, args);
    const { createBuffer } = device;
    let count = 0;
    device.createBuffer = function ({ ...description }) {
      if (Boolean(description.mappedAtCreation) === ${mapped} && ++count === 20) ${becomes};
      return createBuffer.call(this, description);
    };
    return device;`;

  it.each([
    ['what it computes', twentiethBuffer(false, 'description.size = 2 ** 45')],
    // As Dawn does, which also prints something then.
    ['what it is given', twentiethBuffer(true, 'throw new RangeError("createBuffer failed")')],
    [
      'what its driver does',
      `const device = await requestDevice.apply(this, args);
      const error = new globals.GPUOutOfMemoryError('vkAllocateMemory failed');
      setTimeout(() => device.dispatchEvent(new globals.GPUUncapturedErrorEvent('uncapturederror', { error })));
      return device;`,
    ],
  ])('ends when there is not enough memory for %s', async (name, body) => {
    const out = name.replaceAll(' ', '-');
    const ended = await run(train(out, '--epochs', '1', '--json'), await patchingDevices(out, body));
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(errors(ended)).toEqual([
      expect.stringMatching(
        /^error: The graphics adapter does not have enough memory for this \(.*\)\. Use a smaller --hidden or --batch-size\. Nothing was saved, since no epoch had finished\.$/,
      ),
    ]);
    expect(existsSync(join(folder, out, 'last.safetensors'))).toBe(false);
  });

  /** The limits that every adapter has, by the specification of WebGPU. */
  const leastLimits = {
    maxBufferSize: 256 * 2 ** 20,
    maxStorageBufferBindingSize: 128 * 2 ** 20,
    maxComputeWorkgroupStorageSize: 16 * 2 ** 10,
    maxComputeWorkgroupsPerDimension: 65_535,
    maxComputeWorkgroupSizeX: 256,
    maxComputeInvocationsPerWorkgroup: 256,
  };
  /** The environment that tells of an adapter that it has no more, and checks that no more is asked for. */
  const limited = () =>
    patchingDevices(
      'limited',
      `const least = ${JSON.stringify(leastLimits)};
      for (const [name, limit] of Object.entries(args[0]?.requiredLimits ?? {}))
        if (!(limit <= least[name])) throw new Error(name + ' is ' + limit);
      const device = await requestDevice.apply(this, args);
      for (const [name, limit] of Object.entries(least))
        if (device.limits[name] !== limit) throw new Error('given ' + name + ': ' + device.limits[name]);
      return device;`,
      `const { requestAdapter } = globals.GPU.prototype;
      globals.GPU.prototype.requestAdapter = async function (...args) {
        const adapter = await requestAdapter.apply(this, args);
        const told = { get: (limits, name) => (${JSON.stringify(leastLimits)})[name] ?? limits[name] };
        const limits = new Proxy(adapter.limits, told);
        return new Proxy(adapter, {
          get(_, name) {
            const member = name === 'limits' ? limits : adapter[name];
            return typeof member === 'function' ? member.bind(adapter) : member;
          },
        });
      };`,
    );

  it('trains on an adapter of the smallest limits, and says what exceeds them', async () => {
    const env = await limited();
    const ended = await run(train('limited', '--epochs', '1', '--json'), env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const usual = await run(train('usual', '--epochs', '1', '--json'));
    const [{ seconds: _, ...epoch }, { seconds: __, ...expected }] = [ended, usual].map(
      (each) => events(each)[0],
    );
    expect(epoch).toEqual(expected);

    const large = await run(train('large', '--hidden', '50000', '--epochs', '1', '--json'), env);
    expect(large).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(errors(large)).toEqual([
      expect.stringMatching(
        /^error: The graphics adapter does not have enough memory for this \(.*\)\. Use a smaller --hidden/,
      ),
    ]);
  });

  it('ends when the adapter fails', async () => {
    const env = await patchingDevices(
      'wrong',
      `const device = await requestDevice.apply(this, args);
      const { createComputePipeline } = device;
      let count = 0;
      device.createComputePipeline = function (description) {
        if (++count === 5) description.layout = device.createPipelineLayout({ bindGroupLayouts: [] });
        return createComputePipeline.call(this, description);
      };
      return device;`,
    );
    const ended = await run(train('wrong', '--epochs', '1', '--json'), env);
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(errors(ended)).toEqual([
      expect.stringMatching(/^error: The graphics adapter failed \(.*\)\. Update its driver\./),
    ]);
    expect(existsSync(join(folder, 'wrong', 'last.safetensors'))).toBe(false);
  });
});
