import { inspectModelFile } from 'harmonic-mlp';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { missingChromium, softwareGraphics } from '../../../test/support/chromium';
import { type DemoPage, DemoSite } from './demo-page';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const missing = missingChromium();
/** What emulates a card is busy enough without drawing the page. */
const graphics = [...softwareGraphics, '--disable-gpu-compositing'];
const sites: { bare?: DemoSite; graphic?: DemoSite } = {};

beforeAll(async () => {
  if (missing !== undefined) return;
  sites.bare = await DemoSite.open();
  sites.graphic = await DemoSite.open(graphics);
});
afterAll(() => Promise.all([sites.bare?.close(), sites.graphic?.close()]));
beforeEach(({ skip }) => skip(missing !== undefined, missing));

const computer = '.computer';

it('trains on WebGPU as on WebAssembly, but for rounding', async () => {
  const run = async (backend: string) => {
    const demo = await sites.graphic!.visit(
      `?dataset=spirals&examples=200&hidden=24&epochs=20&seed=2&backend=${backend}`,
    );
    await demo.phase('Ready');
    await demo.train();
    const text = await demo.page.locator(computer).innerText();
    const { bytes } = await demo.save();
    const loads = demo.requests.filter((url) => /webgpu-[^/]+\.js$/.test(url)).length;
    await demo.close();
    return { text, loads, ...inspectModelFile(bytes) };
  };
  const [plain, graphic] = [await run('wasm'), await run('webgpu')];
  expect(plain).toMatchObject({ text: expect.stringMatching(/^WebAssembly with .*SIMD/), loads: 0 });
  expect(graphic).toMatchObject({ text: expect.stringMatching(/^WebGPU on .*swiftshader/i), loads: 1 });
  expect(JSON.parse(graphic.metadata.run)).toMatchObject({ dataset: 'spirals', backend: 'webgpu' });
  expect(graphic.history).toHaveLength(20);
  graphic.history.forEach(({ trainLoss, validation }, i) => {
    const other = plain.history[i];
    expect(Math.abs(trainLoss / other.trainLoss - 1)).toBeLessThan(1e-3);
    expect(Math.abs(validation!.loss / other.validation!.loss - 1)).toBeLessThan(1e-3);
  });
});

it('goes on with a run of WebAssembly on WebGPU, and inspects it meanwhile', { tags: 'long' }, async () => {
  const demo = await sites.graphic!.visit(
    '?dataset=waves&hidden=64,64&examples=10000&batch-size=5000&epochs=1000&seed=1',
  );
  await demo.phase('Ready');
  await demo.button('Start training').click();
  await demo.page.locator('#epochs tbody tr').first().waitFor();
  await demo.button('Pause').click();
  await demo.phase('Paused');
  const { bytes } = await demo.save();
  const { position } = inspectModelFile(bytes);
  await demo.button('Stop').click();
  await demo.page.getByText('More settings').click();
  await demo.field('Backend').selectOption('webgpu');
  await demo.page.locator('input[type=file]').setInputFiles({
    name: 'run.safetensors',
    mimeType: 'application/octet-stream',
    buffer: bytes,
  });
  await expect.poll(() => demo.page.locator(computer).innerText()).toMatch(/^WebGPU/);
  await demo.phase('Paused');
  expect(demo.page.url()).toContain('backend=webgpu');
  await demo.button('Resume').click();
  const error = demo.page.locator('.headline b');
  const before = await error.innerText();
  const last = demo.page.locator('#epochs tbody tr').first().locator('th');
  await expect.poll(async () => Number(await last.innerText())).toBeGreaterThan(position!.epoch + 1);
  await expect.poll(() => error.innerText()).not.toBe(before);
  await demo.button('Pause').click();
  await demo.phase('Paused');
  const saved = inspectModelFile((await demo.save()).bytes);
  expect(saved.history.map(({ epoch }) => epoch)).toEqual(saved.history.map((_, i) => i + 1));
  expect(saved.history.at(-1)!.trainLoss).toBeLessThan(saved.history[0].trainLoss);
  await demo.close();
});

it('compares two networks on WebGPU, started while the untrained ones are still being inspected', {
  tags: 'long',
}, async () => {
  const demo = await sites.graphic!.visit(
    '?dataset=waves&hidden=16&examples=2000&batch-size=500&epochs=2&compare=yes&backend=webgpu',
  );
  await demo.phase('Ready');
  await demo.train();
  await demo.close();
});

/** Ends what computes for WebGPU in a browser. */
async function crash({ browser }: DemoSite): Promise<void> {
  const devTools = await browser.newBrowserCDPSession();
  await devTools.send('Browser.crashGpuProcess').catch(() => {}); // It does not answer.
}

/** Waits until a page says that the adapter was lost. */
async function saysLost({ page }: DemoPage): Promise<void> {
  await page.locator('.phase').filter({ hasText: 'Failed' }).waitFor();
  expect(await page.getByRole('alert').allInnerTexts()).toEqual([
    expect.stringMatching(
      /^The graphics adapter was lost( \(.+\))?\. Choose wasm as the backend, or reset to try again\./,
    ),
  ]);
}

// A browser takes only so many crashes, so each of these has its own.
it('keeps a paused run whose graphics adapter is lost', { tags: 'long' }, async () => {
  const site = await DemoSite.open(graphics);
  onTestFinished(() => site.close());
  const demo = await site.visit(
    '?dataset=waves&hidden=64,64&examples=10000&batch-size=2000&epochs=1000&backend=webgpu',
  );
  await demo.phase('Ready');
  await demo.button('Start training').click();
  await demo.page.locator('#epochs tbody tr').first().waitFor();
  await demo.button('Pause').click();
  await demo.phase('Paused');
  const before = await demo.save();
  await crash(site);
  await demo.button('Resume').click();
  await saysLost(demo);
  expect((await demo.save()).bytes.equals(before.bytes)).toBe(true);
  await demo.close();
});

// Snapshots for inspections may be read at that moment, too.
it.each([5000, 2000])(
  'says that the graphics adapter was lost, with batches of %i',
  { tags: 'long' },
  async (batchSize) => {
    const site = await DemoSite.open(graphics);
    onTestFinished(() => site.close());
    const demo = await site.visit(
      `?dataset=waves&hidden=64,64&examples=10000&batch-size=${batchSize}&epochs=1000&backend=webgpu`,
    );
    await demo.phase('Ready');
    await demo.button('Start training').click();
    await demo.page.locator('#epochs tbody tr').nth(1).waitFor();
    await crash(site);
    await saysLost(demo);
    await demo.page.getByText('More settings').click();
    await demo.field('Backend').selectOption('wasm');
    await demo.field('Epochs').fill('2');
    await demo.button('Start again').click();
    await demo.page.locator('.phase').filter({ hasText: 'Finished' }).waitFor();
    await demo.close();
  },
);

it('says where there is no graphics adapter', async () => {
  const demo = await sites.bare!.visit('?dataset=waves&hidden=16&epochs=3');
  await demo.phase('Ready');
  await demo.page.getByText('More settings').click();
  const setting = demo.page.locator('.setting', { has: demo.field('Backend') });
  await expect
    .poll(() => setting.innerText())
    .toMatch(/This browser offers no graphics adapter for WebGPU\.$/);
  expect(await setting.getByRole('option', { name: 'webgpu' }).isDisabled()).toBe(true);
  await demo.close();

  const asked = await sites.bare!.visit('?dataset=waves&hidden=16&epochs=3&backend=webgpu');
  await asked.page.locator('.phase').filter({ hasText: 'Failed' }).waitFor();
  expect(await asked.page.getByRole('alert').allInnerTexts()).toEqual([
    expect.stringMatching(/no graphics adapter for WebGPU\. Choose wasm as the backend\./),
  ]);
  await asked.page.getByText('More settings').click();
  await asked.field('Backend').selectOption('wasm');
  await asked.page.locator('.phase').filter({ hasText: 'Ready' }).waitFor();
  await asked.train();
  await asked.close();
});
