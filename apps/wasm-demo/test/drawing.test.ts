import { setTimeout } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { missingChromium } from '../../../test/support/chromium';
import { type DemoPage, DemoSite } from './demo-page';

vi.setConfig({ testTimeout: 120_000 });

const missing = missingChromium();
let site: DemoSite;
let demo: DemoPage;
let devices: CDPSession;
/** The position of the canvas on the screen. */
let origin: { x: number; y: number };

beforeAll(async () => {
  if (missing !== undefined) return;
  site = await DemoSite.open();
  demo = await site.visit('?hidden=16', { hasTouch: true });
  await demo.phase('Ready');
  devices = await demo.page.context().newCDPSession(demo.page);
});
afterAll(async () => {
  await demo?.close();
  await site?.close();
});

beforeEach(async ({ skip }) => {
  skip(missing !== undefined, missing);
  await demo.button('Clear').click();
  await verdict().toBe('Nothing drawn yet.');
  await canvas().scrollIntoViewIfNeeded();
  origin = (await canvas().boundingBox())!;
});

const canvas = () => demo.page.getByLabel('Canvas to draw a digit on');
const onScreen = (x: number, y: number) => ({ x: origin.x + x, y: origin.y + y });

/** Whether there is ink at each position on the canvas. */
const inked = (...places: [x: number, y: number][]) =>
  canvas().evaluate((element: HTMLCanvasElement, places) => {
    const context = element.getContext('2d')!;
    return places.map(([x, y]) => context.getImageData(x, y, 1, 1).data[3] > 0);
  }, places);

type TouchEvent = 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel';
const touch = (type: TouchEvent, ...places: [x: number, y: number][]) =>
  devices.send('Input.dispatchTouchEvent', {
    type,
    touchPoints: places.map(([x, y], id) => ({ ...onScreen(x, y), id })),
  });

type MouseEvent = 'mousePressed' | 'mouseMoved' | 'mouseReleased';
const pen = (type: MouseEvent, x: number, y: number) =>
  devices.send('Input.dispatchMouseEvent', {
    type,
    ...onScreen(x, y),
    button: 'left',
    buttons: type === 'mouseReleased' ? 0 : 1,
    clickCount: 1,
    pointerType: 'pen',
  });

const verdict = () => expect.poll(() => demo.verdict());

it('takes a pen for the hand that draws, and the touches around it for the palm', async () => {
  await touch('touchStart', [200, 200]);
  await touch('touchMove', [230, 230]);
  expect(await inked([200, 200], [225, 225])).toEqual([true, true]);
  await pen('mousePressed', 60, 60);
  expect(await inked([200, 200], [225, 225], [60, 60]), 'the palm’s ink is gone').toEqual([
    false,
    false,
    true,
  ]);
  await touch('touchMove', [240, 200]);
  await pen('mouseMoved', 60, 160);
  // The palm is lifted after the pen, and touches down again: all in half a second, and so without waiting in between.
  await Promise.all([
    pen('mouseReleased', 60, 160),
    touch('touchMove', [200, 240]),
    touch('touchEnd'),
    touch('touchStart', [150, 240]),
    touch('touchEnd'),
  ]);
  expect(await inked([60, 100], [235, 205], [200, 235], [150, 240])).toEqual([true, false, false, false]);
  await verdict().toMatch(/^\d, /);

  // A finger that touches down later draws.
  await demo.page.waitForTimeout(600);
  await touch('touchStart', [200, 60]);
  await touch('touchMove', [200, 120]);
  await touch('touchEnd');
  expect(await inked([200, 100], [60, 100])).toEqual([true, true]);
});

it('takes a cancelled stroke off, and reads what is left', async () => {
  await touch('touchStart', [140, 60]);
  await touch('touchMove', [140, 200]);
  await verdict().toMatch(/^\d, /);
  await touch('touchCancel');
  expect(await inked([140, 60], [140, 150])).toEqual([false, false]);
  await verdict().toBe('Nothing drawn yet.');
  const seen = () =>
    demo.page
      .getByLabel('The drawing in 28 × 28 pixels')
      .evaluate((small: HTMLCanvasElement) => small.toDataURL());
  /** The picture, once it has changed and stays the same: it follows the verdict and unfinished strokes. */
  const seenAfter = async (earlier: string) => {
    await expect.poll(seen).not.toBe(earlier);
    let [last, now] = ['', await seen()];
    while (now !== last) {
      await setTimeout(500);
      [last, now] = [now, await seen()];
    }
    return now;
  };
  const blank = await demo.page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 28, height: 28 });
    const context = canvas.getContext('2d')!;
    context.fillRect(0, 0, 28, 28);
    return canvas.toDataURL();
  });
  await expect.poll(seen).toBe(blank);

  await touch('touchStart', [140, 60]);
  await touch('touchMove', [140, 200]);
  await touch('touchEnd');
  await verdict().toMatch(/^\d, /);
  const alone = await seenAfter(blank);
  await touch('touchStart', [60, 60]);
  await touch('touchMove', [220, 220]);
  await expect.poll(seen).not.toBe(alone);
  await touch('touchCancel');
  expect(await inked([140, 60], [60, 60], [200, 200])).toEqual([true, false, false]);
  await expect.poll(seen).toBe(alone);
});

it('makes a dot of a tap', async () => {
  await canvas().tap({ position: { x: 140, y: 140 } });
  expect(await inked([140, 140], [148, 140], [154, 140])).toEqual([true, true, false]);
  await verdict().toMatch(/^\d, /);
  await canvas().click({ position: { x: 60, y: 60 } });
  expect(await inked([60, 60], [140, 140])).toEqual([true, true]);
});

it('draws without pointer capture, and knows of a release outside of the canvas', async ({
  onTestFinished,
}) => {
  await canvas().evaluate((element: HTMLCanvasElement) => {
    element.setPointerCapture = () => {
      throw new DOMException('No active pointer with the given id is found.', 'NotFoundError');
    };
  });
  onTestFinished(() =>
    canvas().evaluate((element: Partial<HTMLCanvasElement>) => {
      delete element.setPointerCapture; // The prototype's is back.
    }),
  );
  const { mouse } = demo.page;
  const move = (x: number, y: number) => mouse.move(onScreen(x, y).x, onScreen(x, y).y);
  await move(40, 40);
  await mouse.down();
  await move(40, 120);
  await move(40, -30);
  await mouse.up();
  await move(200, 60);
  await move(200, 200);
  expect(await inked([40, 40], [40, 100], [200, 60], [200, 150])).toEqual([true, true, false, false]);
  await mouse.down();
  await move(240, 200);
  await mouse.up();
  expect(await inked([235, 200])).toEqual([true]);
});

it('ends a stroke when it is cleared away or the window is left, and draws with the first button only', async () => {
  const { mouse } = demo.page;
  const move = (x: number, y: number) => mouse.move(onScreen(x, y).x, onScreen(x, y).y);
  await move(40, 40);
  await mouse.down();
  await move(40, 100);
  await demo.button('Clear').evaluate((button: HTMLButtonElement) => button.click());
  await move(40, 200);
  await mouse.up();
  expect(await inked([40, 60], [40, 150], [40, 200])).toEqual([false, false, false]);
  await verdict().toBe('Nothing drawn yet.');

  await mouse.down({ button: 'right' });
  await move(100, 200);
  expect(await inked([40, 200], [90, 200]), 'the right button').toEqual([false, false]);
  await mouse.up({ button: 'right' });

  await move(60, 60);
  await mouse.down();
  await move(100, 60);
  await demo.page.evaluate(() => dispatchEvent(new Event('blur')));
  await move(220, 60);
  await mouse.up();
  expect(await inked([80, 60], [200, 60])).toEqual([true, false]);
});

it('does not wait for an end that is not told, or told elsewhere', async () => {
  const send = (type: string, pointerType: string, pointerId: number, x: number, y: number, more = {}) =>
    demo.page.evaluate(
      ([type, { onPage, ...init }]) =>
        (onPage ? document.body : document.querySelector('.pad canvas')!).dispatchEvent(
          new PointerEvent(type, init),
        ),
      [
        type,
        {
          onPage: false,
          pointerId,
          pointerType,
          isPrimary: true,
          clientX: onScreen(x, y).x,
          clientY: onScreen(x, y).y,
          ...more,
        },
      ] as const,
    );
  // There is one first finger at a time.
  await send('pointerdown', 'touch', 11, 40, 40);
  await send('pointerdown', 'touch', 12, 200, 40);
  await send('pointermove', 'touch', 12, 200, 120);
  await send('pointermove', 'touch', 11, 40, 120);
  expect(await inked([40, 40], [200, 100], [40, 100])).toEqual([true, true, false]);
  await send('pointerup', 'touch', 12, 200, 120);

  await send('pointerdown', 'pen', 13, 40, 200);
  await send('pointerup', 'pen', 13, 40, 200, { onPage: true });
  await send('pointermove', 'pen', 13, 120, 200);
  expect(await inked([40, 200], [100, 200])).toEqual([true, false]);

  await send('pointerdown', 'mouse', 1, 200, 200, { buttons: 1 });
  await send('pointermove', 'mouse', 1, 220, 200, { buttons: 3 });
  await send('pointermove', 'mouse', 1, 230, 240, { buttons: 2 });
  expect(await inked([215, 200], [229, 235])).toEqual([true, false]);
});
