/** The number of points of a line. */
const linePoints = 801;
/** The number of rows and columns of a map. */
export const mapSide = 96;

/**
 * Inputs throughout [−1, 1]: of one number, equally spaced points, first −1; of two, the centers of equal squares, by rows, the
 * top row (whose second number is the largest) first.
 */
export function inputsThroughout(inputSize: number): Float32Array {
  if (inputSize === 1) return new Float32Array(linePoints).map((_, i) => (2 * i) / (linePoints - 1) - 1);
  const center = (i: number) => (2 * i + 1) / mapSide - 1;
  return new Float32Array(2 * mapSide ** 2).map((_, i) => {
    const square = i >> 1;
    return i % 2 === 0 ? center(square % mapSide) : -center(Math.floor(square / mapSide));
  });
}
