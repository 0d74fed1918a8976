const shades = ' ░▒▓█';

/**
 * Draws a gray image with characters: two for each pixel, since a character is about twice as high as wide, or one if two do
 * not fit.
 *
 * @param pixels rows × columns bytes, 0 (background) to 255.
 * @param width the width of the terminal, in characters.
 */
export function drawImage(pixels: ArrayLike<number>, rows: number, columns: number, width: number): string {
  const characters = 2 * columns <= width ? 2 : 1;
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      shades[Math.min(4, Math.ceil(pixels[row * columns + column] / 52))].repeat(characters),
    )
      .join('')
      .trimEnd(),
  );
  return lines.join('\n');
}
