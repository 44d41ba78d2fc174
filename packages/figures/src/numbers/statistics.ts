/** Numbers out of samples: medians and quantiles, because a mean says nothing where one sample may be far off. */

/** The value below which a share `p` of the samples lies, interpolated between neighbours; NaN of no samples. */
export function quantile(samples: readonly number[], p: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  const share = place - below;
  return share === 0 || low === high ? low : low * (1 - share) + high * share; // infinities count as what they are
}

/** The middle sample, or the mean of the two in the middle; NaN of no samples. */
export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
