const shades = ' ░▒▓█';

/**
 * Draws a grey image with characters: two for each pixel, since a character is about twice as high as wide.
 *
 * @param pixels rows × columns bytes, 0 (background) to 255.
 */
export function drawImage(pixels: ArrayLike<number>, rows: number, columns: number): string {
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) =>
      shades[Math.min(4, Math.ceil(pixels[row * columns + column] / 52))].repeat(2),
    )
      .join('')
      .trimEnd(),
  );
  return lines.join('\n');
}
