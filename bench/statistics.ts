/** Numbers out of samples that were taken in rounds, and the exponent of a power law. */

/**
 * Combine samples that were taken in the same rounds: a drift of the machine's clock then hits both.
 *
 * @throws {RangeError} the lists differ in length
 */
export function paired(
  a: readonly number[],
  b: readonly number[],
  combine: (a: number, b: number) => number,
): number[] {
  if (a.length !== b.length) throw new RangeError(`paired: ${a.length} samples against ${b.length}`);
  return a.map((value, round) => combine(value, b[round] as number));
}

/** The exponent p of the power law y ≈ c xᵖ through the points, by least squares of the logarithms. */
export function growthExponent(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
