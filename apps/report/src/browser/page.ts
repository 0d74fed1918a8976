import { type Chart, dark, heightOf, light, optionOf } from '../charts';
import { init } from '../echarts';

const charts: Record<string, Chart> = JSON.parse(document.getElementById('charts')!.textContent!);
const scheme = matchMedia('(prefers-color-scheme: dark)');

/** Draws a chart, again whenever its width or the color scheme changes. */
function draw(place: HTMLElement, chart: Chart): void {
  const drawn = init(place, undefined, { renderer: 'svg', height: heightOf(chart, place.clientWidth) });
  let width = 0;
  const update = () => {
    if (place.clientWidth === 0) return;
    width = place.clientWidth;
    const height = heightOf(chart, width);
    place.style.height = `${height}px`;
    drawn.resize({ width, height });
    drawn.setOption(optionOf(chart, scheme.matches ? dark : light, width), true);
  };
  scheme.addEventListener('change', update);
  addEventListener('beforeprint', update);
  new ResizeObserver(() => {
    if (place.clientWidth !== width) update();
  }).observe(place);
  update();
}

for (const place of document.querySelectorAll<HTMLElement>('[data-chart]')) {
  draw(place, charts[place.dataset.chart!]);
}

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  button.hidden = navigator.clipboard === undefined;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy!);
    const { textContent } = button;
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = textContent;
    }, 1500);
  });
}
