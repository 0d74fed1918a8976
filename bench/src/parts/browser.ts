import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inspectModelFile } from 'harmonic-mlp';
import { launchChromium, missingChromium } from '../../../test/support/chromium';
import { serveFolder } from '../../../test/support/static-server';
import { type Comparison, compare } from '../comparison';
import { interleave } from '../interleave';
import { median } from '../statistics';

/** The first epoch of each turn is discarded, because engines compile in it. */
const epochs = 3;

/** Relative to the built bench, which is two folders below the root. */
const folderOf = (app: string) => fileURLToPath(new URL(`../../apps/${app}`, import.meta.url));

/** How responsive the page's main thread was while its workers trained. */
export interface Responsiveness {
  /** The number of seconds observed. */
  seconds: number;
  /** Its tasks of over 50 ms, in milliseconds. */
  longTasks: number[];
  /** How late it ran timers due every 20 ms, in milliseconds. */
  delays: number[];
}

/** Why the browser cannot be measured, or undefined. */
export const missingBrowser = missingChromium;

/**
 * Epochs of the published model, as users experience them: through the command line, in a separate process, and through the
 * demo page in Chromium, with everything it shows. Both include validation.
 */
export async function timeBrowser(
  rounds: number,
  onTurn: (where: string) => void,
): Promise<{ comparison: Comparison; responsiveness: Responsiveness }> {
  const server = await serveFolder(join(folderOf('wasm-demo'), 'dist'));
  const browser = await launchChromium();
  const responsiveness: Responsiveness = { seconds: 0, longTasks: [], delays: [] };
  try {
    const chromium = {
      name: `the demo's page, Chromium ${browser.version().split('.')[0]}`,
      async run() {
        const context = await browser.newContext({ acceptDownloads: true });
        try {
          const page = await context.newPage();
          await page.goto(`${server.url}?epochs=${epochs}&first-epoch=shuffled&seed=1`);
          const phase = page.locator('.phase');
          await phase.filter({ hasText: 'Ready' }).waitFor();
          await page.getByLabel(/Loading MNIST/).waitFor({ state: 'detached' });
          await page.evaluate(watch);
          await page.getByRole('button', { name: 'Start training' }).click();
          await phase.filter({ hasText: /Finished|Failed/ }).waitFor({ timeout: 600_000 });
          const { longTasks, delays } = await page.evaluate(() => (globalThis as unknown as Watched).watched);
          const download = page.waitForEvent('download');
          await page.getByRole('button', { name: 'Save network' }).click();
          const { history } = inspectModelFile(await readFile(await (await download).path()));
          responsiveness.longTasks.push(...longTasks);
          responsiveness.delays.push(...delays);
          responsiveness.seconds += history.reduce((total, { seconds }) => total + seconds, 0);
          return epochOf(history.map(({ seconds }) => seconds));
        } finally {
          await context.close();
        }
      },
    };
    const commandLine = {
      name: `the command line, Node ${process.versions.node}`,
      async run() {
        const folder = await mkdtemp(join(tmpdir(), 'bench-'));
        try {
          const main = join(folderOf('node-trainer'), 'dist/main.js');
          const args = [
            main,
            'train',
            '--preset',
            'published',
            '--epochs',
            String(epochs),
            '--seed',
            '1',
            '--json',
            '--out',
            folder,
          ];
          const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
          const events = stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as { event: string; seconds: number });
          return epochOf(events.filter(({ event }) => event === 'epoch').map(({ seconds }) => seconds));
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    };
    const times = await interleave([commandLine, chromium], { rounds, warmUps: 0 }, onTurn);
    const title = `An epoch of MNIST with its validation, batch 128, of a run of ${epochs}`;
    return { comparison: compare(title, times), responsiveness };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Milliseconds. */
function epochOf(seconds: number[]): number {
  if (seconds.length !== epochs) throw new Error(`A run of ${epochs} epochs ended after ${seconds.length}.`);
  return 1000 * median(seconds.slice(1));
}

interface Watched {
  watched: Pick<Responsiveness, 'longTasks' | 'delays'>;
}

/** Runs in the page. */
function watch(): void {
  const watched: Watched['watched'] = { longTasks: [], delays: [] };
  Object.assign(globalThis, { watched });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.longTasks.push(duration);
  }).observe({ entryTypes: ['longtask'] });
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    watched.delays.push(Math.max(0, now - last - 20));
    last = now;
  }, 20);
}

export function showResponsiveness({ seconds, longTasks, delays }: Responsiveness): string {
  const longest = longTasks.length === 0 ? '' : `; the longest took ${Math.max(...longTasks)} ms`;
  const sorted = [...delays].sort((a, b) => a - b);
  const share = (fraction: number) => `${sorted[Math.floor(fraction * (sorted.length - 1))].toFixed(1)} ms`;
  return [
    `Tasks of over 50 ms on the page's own thread in ${seconds.toFixed(0)} s of training: ${longTasks.length || 'none'}${longest}`,
    `How late it came to timers: median ${share(0.5)}, 99 of 100 at most ${share(0.99)}, at worst ${share(1)}`,
  ].join('\n');
}
