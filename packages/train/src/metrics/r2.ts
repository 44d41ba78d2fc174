/**
 * R², the share of the targets' variance that a regression explains: with weights w, predictions ŷ and the mean ȳ of the
 * targets over all rows,
 *
 *     R² = 1 − Σ w (y − ŷ)² / Σ w (y − ȳ)²
 *
 * for each output, and the mean over the outputs. Batches are joined by their means and sums of squared deviations from
 * them, so that targets far from 0 lose no digits (Chan, Golub & LeVeque, 1983, eq. 2.1).
 */

import { cast, div, mul, reshape, square, sub, sum, type Tensor } from "@kronograd/tensor";
import type { Metric } from "../metric.ts";
import { checkNumbers } from "./parts/numbers.ts";
import { spread } from "./parts/weighted.ts";

/** Of each output. */
interface Moments {
  readonly weight: number;
  readonly mean: number;
  /** Σ w (y − ȳ)² */
  readonly spread: number;
  /** Σ w (y − ŷ)² */
  readonly error: number;
}

type Measured = { weight: Tensor | number; mean: Tensor; spread: Tensor; error: Tensor };

/**
 * Coefficient of determination: 1 is perfect, 0 as good as the mean of the targets. NaN where the targets do not vary.
 *
 * @throws {ShapeError} in use: targets do not have the shape of the outputs
 * @example
 * r2().better;   // "higher"
 */
export function r2(): Metric<readonly Moments[], Measured> {
  return {
    name: "r2",
    better: "higher",
    start: () => [],
    measure(outputs, { targets, weights }) {
      checkNumbers("r2", outputs, targets);
      const width = targets.rank > 1 ? (targets.shape.at(-1) as number) : 1;
      const columns = (t: Tensor) => reshape(t, [t.size / width, width]);
      const [y, p] = [columns(targets), columns(outputs)];
      const w = weights === null ? null : columns(cast(spread(weights, targets.shape), y.dtype));
      const total = (x: Tensor) => sum(w === null ? x : mul(w, x), 0); // [outputs]
      const weight = w === null ? (y.shape[0] as number) : sum(w, 0);
      const mean = div(total(y), weight);
      return { weight, mean, spread: total(square(sub(y, mean))), error: total(square(sub(y, p))) };
    },
    add(state, { weight, mean, spread, error }) {
      return Array.from(mean, (_, k): Moments => {
        const own = { weight: (weight[k] ?? weight[0]) as number, mean: mean[k] as number };
        if (own.weight === 0) return state[k] ?? { weight: 0, mean: 0, spread: 0, error: 0 };
        const before = state[k] ?? { weight: 0, mean: 0, spread: 0, error: 0 };
        const all = before.weight + own.weight;
        const apart = own.mean - before.mean;
        return {
          weight: all,
          mean: before.mean + (apart * own.weight) / all,
          spread: before.spread + (spread[k] as number) + (apart ** 2 * before.weight * own.weight) / all,
          error: before.error + (error[k] as number),
        };
      });
    },
    value: (state) =>
      state.reduce((sum, { spread, error }) => sum + (spread === 0 ? Number.NaN : 1 - error / spread), 0) /
      state.length,
  };
}

r2.summary = "share of the targets' variance that predictions explain";
