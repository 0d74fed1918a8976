import { frameKind } from './frame';
import { longest, mostContact, type Part, strokeOf } from './parts';
import type { WorkingImage } from './resample';
import { areSeveral } from './several';

/** The minimum length of a part that may be the drawing, as a fraction of the longer side of the image. */
const extent = 0.2;

/** The parts of a drawing. */
export interface Drawing {
  parts: Part[];
  /** Why it cannot be one digit, or be distinguished from a frame around it. */
  doubt?: 'several' | 'enclosed';
}

/** Removes frames, and anything that reaches in from the border next to a drawing. */
export function drawingOf(parts: Part[], image: WorkingImage): Drawing {
  const least = extent * Math.max(image.rows, image.columns);
  const large = parts.filter(({ bounds }) => longest(bounds) >= least);
  const kinds = large.map((part) => frameKind(part, large, image));
  const frames = large.filter((_, i) => kinds[i] === 'frame');
  const rest = parts.filter((part) => !frames.includes(part));
  const inner = rest.filter(({ contact }) => contact === 0);
  const main = inner.filter((part) => large.includes(part));
  const stroke = Math.max(...main.map(({ pixels }) => strokeOf(pixels, image)));
  // A digit that touches the border may have parts that do not.
  const strokes = rest.filter(
    (part) =>
      part.contact > 0 &&
      part.contact < mostContact / 2 &&
      (main.length === 0 || strokeOf(part.pixels, image) <= 1.5 * stroke),
  );
  const doubt = areSeveral([...main, ...strokes.filter((part) => large.includes(part))])
    ? 'several'
    : kinds.includes('doubtful')
      ? 'enclosed'
      : undefined;
  if (main.length === 0) return { parts: rest, doubt };
  const ink = main.reduce((sum, part) => sum + part.ink, 0);
  return { parts: [...inner, ...strokes.filter((part) => part.ink > ink)], doubt };
}
