import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium } from '../../../test/support/chromium';
import { type StaticServer, serveFolder } from '../../../test/support/static-server';

/** The built page, which `pnpm test` builds first. */
export const built = fileURLToPath(new URL('../dist', import.meta.url));

/** The built page on a server, under a subpath, and a browser. */
export class DemoSite {
  private constructor(
    readonly server: StaticServer,
    readonly browser: Browser,
  ) {}

  static async open(graphics?: readonly string[]): Promise<DemoSite> {
    const server = await serveFolder(fileURLToPath(new URL('..', import.meta.url)));
    return new DemoSite(server, await launchChromium(graphics));
  }

  get url(): string {
    return `${this.server.url}dist/`;
  }

  /** Opens the page in a new profile. Its errors and warnings are listed in `complaints`. */
  async visit(
    query = '',
    options: Pick<BrowserContextOptions, 'colorScheme' | 'viewport' | 'hasTouch'> = {},
  ): Promise<DemoPage> {
    const context = await this.browser.newContext({ acceptDownloads: true, ...options });
    const page = await context.newPage();
    const demo = new DemoPage(page);
    await page.goto(`${this.url}${query}`);
    return demo;
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.server?.close();
  }
}

/** The page as a person uses it. */
export class DemoPage {
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  constructor(readonly page: Page) {
    // The machine may be busy, above all where it emulates a card.
    page.setDefaultTimeout(100_000);
    page.on('console', (message) => {
      // What Chromium says when the page looks for graphics, where there are none.
      if (message.text() === 'No available adapters.') return;
      this.complaints.push(`console.${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.stack}`));
    page.on('request', (request) => this.requests.push(request.url()));
  }

  button(name: string | RegExp) {
    return this.page.getByRole('button', { name });
  }

  field(label: string) {
    return this.page.getByLabel(label, { exact: true });
  }

  /** Waits until the page reports this state of its training, or that it has failed. */
  async phase(name: string): Promise<void> {
    const shown = this.page.locator('.phase');
    // Taking long is not a failure here.
    await shown.filter({ hasText: new RegExp(`^(${name}|Failed)$`) }).waitFor({ timeout: 240_000 });
    if ((await shown.innerText()) === name) return;
    throw new Error(`The page says: ${await this.page.getByRole('alert').allInnerTexts()}`);
  }

  /** Starts training and waits until it ends. */
  async train(): Promise<void> {
    await this.button('Start training').click();
    await this.phase('Finished');
  }

  /** The rows of the table of epochs, newest first, as texts. */
  async epochs(): Promise<string[][]> {
    const rows = await this.page.locator('#epochs tbody tr').all();
    return Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  }

  /** The number after a term on a network's card. */
  async figure(network: string, term: string): Promise<string> {
    const card = this.page.getByRole('article', { name: network });
    const title = this.page.locator('dt').getByText(term, { exact: true });
    return card.locator('dl > div', { has: title }).locator('dd').innerText();
  }

  /** What the page says about the drawing. */
  verdict(): Promise<string> {
    return this.page.locator('.verdict > p:not(.unseen)').innerText();
  }

  /** The file that clicking a button of that name downloads. */
  async save(name: string | RegExp = 'Save network'): Promise<{ name: string; bytes: Buffer }> {
    const waiting = this.page.waitForEvent('download');
    await this.button(name).click();
    const download = await waiting;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** Draws lines with the mouse; positions are fractions of the canvas. */
  async draw(...strokes: [x: number, y: number][][]): Promise<void> {
    await this.button('Clear').click();
    const canvas = this.page.getByRole('img', { name: 'Canvas to draw a digit on' });
    await canvas.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await canvas.boundingBox())!;
    const { mouse } = this.page;
    for (const [first, ...others] of strokes) {
      await mouse.move(x + first[0] * width, y + first[1] * height);
      await mouse.down();
      for (const [dx, dy] of others) await mouse.move(x + dx * width, y + dy * height, { steps: 4 });
      await mouse.up();
    }
  }

  async toTop(): Promise<void> {
    await this.page.evaluate(() => {
      scrollTo(0, 0);
      document.querySelector('.controls')?.scrollTo(0, 0);
    });
  }

  /** Closes the page, which must not have logged any complaints, unless expected. */
  async close({ complaints = [] }: { complaints?: unknown[] } = {}): Promise<void> {
    expect(this.complaints).toEqual(complaints);
    await this.page.context().close();
  }
}
