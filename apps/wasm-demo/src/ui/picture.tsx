import { useEffect, useRef } from 'preact/hooks';

/** Draws on a canvas of a size in CSS pixels. */
export type Draw = (
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  /** The value of a CSS custom property. */
  style: (name: string) => string,
) => void;

/** A canvas that is drawn again with its size and the color scheme. */
export function Picture({ draw, label }: { draw: Draw; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const newest = useRef(draw);
  const redraw = useRef(() => {});
  newest.current = draw;

  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext('2d')!;
    redraw.current = () => {
      const { clientWidth: width, clientHeight: height } = element;
      const scale = devicePixelRatio || 1;
      const [columns, rows] = [width, height].map((length) => Math.max(1, Math.round(length * scale)));
      if (element.width !== columns || element.height !== rows) {
        element.width = columns;
        element.height = rows;
      }
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      const styles = getComputedStyle(element);
      newest.current(context, { width, height }, (name) => styles.getPropertyValue(name).trim());
    };
    const observer = new ResizeObserver(() => redraw.current());
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => redraw.current();
    scheme.addEventListener('change', follow);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', follow);
    };
  }, []);

  useEffect(() => redraw.current(), [draw]);

  return <canvas ref={canvas} role="img" aria-label={label} />;
}
