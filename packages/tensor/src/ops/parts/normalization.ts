/**
 * Normalisation with statistics of the input itself, for batch and group (hence layer) normalisation alike.
 *
 * The input is seen as [N, K, C, S]: batch, groups, channels of a group, positions. A *set* is what shares one mean and one
 * variance; it has M elements and is spanned by some of the axes.
 *
 *     x̂ = (x − μ) r,  r = 1/√(v + ε)      y = γ x̂ + β
 *     h = γ dy        dx = r (h − Σh/M − x̂ Σ(h x̂)/M)      dγ = Σ dy x̂      dβ = Σ dy
 *
 *     μ, v [sets] mean and biased variance   γ, β [K·C]   Σ over a set, for dγ and dβ over batch and positions
 *
 * Forward is one op with three outputs (y, μ, v). The gradient is a second op, an honest function of x, γ, μ, v and dy: what
 * flows into μ and v goes on through the first op's own statistics. So its derivative, and with it any order, is a short
 * formula in public ops (derived here, in `pullGradient`).
 */

import { ShapeError, UsageError } from "../../errors.ts";
import { normalizationView } from "../../layout/normalization-view.ts";
import type { HostOperand } from "../../layout/operand.ts";
import { rowMajor, withOnes } from "../../layout/rows.ts";
import { dispatch } from "../../op/dispatch.ts";
import {
  type ComputeOp,
  defineOp,
  type Each,
  type InputCotangent,
  type Names,
  type OutputCotangents,
  type Saved,
  type Spec,
} from "../../op/op.ts";
import { sampled } from "../../op/samples.ts";
import { promote } from "../../tensor/dtype.ts";
import type { Rng } from "../../tensor/rng.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add, mul, scale, shift, sub } from "../arithmetic.ts";
import { reshape } from "../reshape.ts";
import { broadcastTo, sum } from "../sum-broadcast.ts";
import { reciprocal, sqrt, square } from "../unary.ts";

/** Parameters of a normalisation op. */
export interface Normalization {
  /** Groups of channels; 1 for batch normalisation. */
  readonly groups: number;
  readonly epsilon: number;
}

/** Axes of [N, K, C, S] over which a set extends: batch and positions, or channels of a group and positions. */
type SetAxes = readonly [0, 3] | readonly [2, 3];

/** Axes of [N, K, C, S] over which one γ and β holds. */
const affineAxes = [0, 3] as const;

/** Names of the op's inputs and outputs. */
interface Affine {
  in: ["x", "gamma", "beta"];
  out: ["y", "mean", "variance"];
}

/** A normalisation as an op. */
export type NormalizationOp = ComputeOp<Normalization, Affine["in"], Affine["out"]>;

/** Names of its gradient's inputs and outputs. */
interface Gradient {
  in: ["x", "gamma", "mean", "variance", "outputGrad"];
  out: ["dx", "dgamma", "dbeta"];
}

/** Define the two ops of one kind of normalisation: `name` and `nameGrad`. */
export function normalization(name: string, setAxes: SetAxes): NormalizationOp {
  const overBatch = setAxes[0] === 0;
  const viewOf = (x: Shape, { groups }: Normalization) => normalizationView(x, groups, overBatch);
  const statisticsShape = (x: Shape, { groups }: Normalization) =>
    overBatch ? [x[1] as number] : [x[0] as number, groups];

  /** Visits runs of positions with one set and one channel: where the run starts, and which they are. */
  function forEachStretch(
    x: Shape,
    params: Normalization,
    visit: (start: number, end: number, set: number, channel: number) => void,
  ): void {
    const [N, K, C, S] = viewOf(x, params).shape;
    for (let n = 0, start = 0; n < N; n++) {
      for (let channel = 0; channel < K * C; channel++, start += S) {
        visit(start, start + S, overBatch ? channel : n * K + Math.floor(channel / C), channel);
      }
    }
  }

  const gradOp = /* @__PURE__ */ defineOp<Normalization, Gradient["in"], Gradient["out"]>({
    name: `${name}Grad`,
    shape: ([x, gamma]) => [x, gamma, gamma],
    reference([dx, dgamma, dbeta], inputs, params) {
      const [x, gamma, mean, variance, dy] = rowMajors<Gradient["in"]>(inputs);
      const { shape } = inputs[0];
      const { setSize: M } = viewOf(shape, params);
      const rate = Float64Array.from(variance, (v) => 1 / Math.sqrt(v + params.epsilon));
      const sumH = new Float64Array(mean.length);
      const sumHX = new Float64Array(mean.length);
      const sumDy = new Float64Array(gamma.length);
      const sumDyX = new Float64Array(gamma.length);
      forEachStretch(shape, params, (start, end, set, channel) => {
        let plain = 0;
        let weighted = 0;
        for (let i = start; i < end; i++) {
          plain += dy[i]!;
          weighted += dy[i]! * (x[i]! - mean[set]!);
        }
        weighted *= rate[set]!;
        sumDy[channel]! += plain;
        sumDyX[channel]! += weighted;
        sumH[set]! += gamma[channel]! * plain;
        sumHX[set]! += gamma[channel]! * weighted;
      });
      const { data, offset } = dx;
      forEachStretch(shape, params, (start, end, set, channel) => {
        const r = rate[set]!;
        for (let i = start; i < end; i++) {
          const normalised = (x[i]! - mean[set]!) * r;
          data[offset + i] = r * (gamma[channel]! * dy[i]! - (sumH[set]! + normalised * sumHX[set]!) / M);
        }
      });
      dgamma.data.set(sumDyX, dgamma.offset);
      dbeta.data.set(sumDy, dbeta.offset);
    },
    vjp: {
      saveInputs: () => [0, 1, 2, 3, 4],
      pull: (cotangents, saved, params) => pullGradient(cotangents, saved, params, setAxes),
    },
  });

  /* @__PURE__ */ sampled(gradOp, (rng) => {
    const { x, channels, params } = sample(rng);
    const sets = { shape: statisticsShape(x, params) };
    return {
      inputs: [{ shape: x }, { shape: [channels] }, sets, { ...sets, range: [0.5, 2] }, { shape: x }],
      params,
    };
  });

  const op = defineOp<Normalization, Affine["in"], Affine["out"]>({
    name,
    shape([x, gamma, beta], params) {
      const { shape } = x;
      check(name, shape, [gamma, beta], params);
      const dtype = promote(name, [x, gamma, beta]);
      const statistics = { shape: statisticsShape(shape, params), dtype };
      return [{ shape, dtype }, statistics, statistics];
    },
    reference([y, mean, variance], inputs, params) {
      const [x, gamma, beta] = rowMajors<Affine["in"]>(inputs);
      const { shape } = inputs[0];
      const { setSize: M } = viewOf(shape, params);
      const means = new Float64Array(sizeOf(mean.shape));
      const variances = new Float64Array(means.length);
      forEachStretch(shape, params, (start, end, set) => {
        let total = 0;
        for (let i = start; i < end; i++) total += x[i]!;
        means[set]! += total / M;
      });
      forEachStretch(shape, params, (start, end, set) => {
        let total = 0;
        for (let i = start; i < end; i++) total += (x[i]! - means[set]!) ** 2;
        variances[set]! += total / M;
      });
      const { data, offset } = y;
      forEachStretch(shape, params, (start, end, set, channel) => {
        const slope = gamma[channel]! / Math.sqrt(variances[set]! + params.epsilon);
        for (let i = start; i < end; i++) data[offset + i] = (x[i]! - means[set]!) * slope + beta[channel]!;
      });
      mean.data.set(means, mean.offset);
      variance.data.set(variances, variance.offset);
    },
    vjp: {
      saveInputs: () => [0, 1],
      saveOutputs: () => [1, 2],
      pull([dy, dmean, dvariance], saved, params) {
        const [x, gamma, mean, variance] = [saved.input(0), saved.input(1), saved.output(1), saved.output(2)];
        const [dx, dgamma, dbeta] = dy ? dispatch(gradOp, [x, gamma, mean, variance, dy], params) : [null, null, null];
        const { shape: view, setSize: M } = viewOf(x.shape, params);
        const spread = (t: Tensor) => reshape(broadcastTo(reshape(t, withOnes(view, setAxes)), view), x.shape);
        const parts = [dx ?? null];
        if (dmean) parts.push(spread(scale(dmean, 1 / M)));
        if (dvariance) parts.push(mul(sub(x, spread(mean)), spread(scale(dvariance, 2 / M))));
        const present = parts.filter((part): part is Tensor => part !== null);
        return [present.length === 0 ? null : present.reduce(add), dgamma ?? null, dbeta ?? null];
      },
    },
  });

  /* @__PURE__ */ sampled(op, (rng) => {
    const { x, channels, params } = sample(rng);
    return { inputs: [{ shape: x }, { shape: [channels] }, { shape: [channels] }], params };
  });
  return op;

  function sample(rng: Rng) {
    const groups = overBatch ? 1 : 1 + rng.integer(2);
    const channels = groups * (1 + rng.integer(2));
    // at least three elements in a set: the normalised values of two are ±1 whatever they are
    const x = [overBatch ? 3 : 1 + rng.integer(2), channels, ...(overBatch && rng.integer(2) === 0 ? [] : [3])];
    return { x, channels, params: { groups, epsilon: 0.1 } };
  }
}

/** Row-major values of each operand. */
function rowMajors<I extends Names>(operands: Each<I, HostOperand>): Each<I, ArrayLike<number>> {
  return operands.map(rowMajor) as Each<Names, ArrayLike<number>> as Each<I, ArrayLike<number>>;
}

function check(where: string, x: Shape, affine: readonly Spec[], { groups }: Normalization): void {
  const channels = x[1];
  if (channels === undefined)
    throw new ShapeError({ where, problem: "input needs a batch and a channel axis", expected: "[N, C, ...]", got: x });
  for (const { shape } of affine) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw new ShapeError({
        where,
        problem: `gamma and beta must have one entry for each channel of [${x.join(", ")}]`,
        expected: [channels],
        got: shape,
      });
    }
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new UsageError({
      where,
      problem: `${channels} channels do not divide into groups`,
      got: groups,
      details: { channels, groups },
    });
  }
}

/**
 * From cotangents U of dx, a of dγ, b of dβ to those of x, γ, μ, v and dy. With sums over a set, W = Σ U x̂ and T = Σ h x̂:
 *
 *     k = r (U − ΣU/M − x̂ W/M)             (the gradient's own Jacobian is symmetric)
 *     dy: γ k + a x̂ + b     γ: Σ dy k       x̂: e = a dy − r (U T + W h)/M
 *     x: r e                 μ: −r Σ e       v: −½ r² Σ (h k + e x̂)
 */
function pullGradient(
  [U, a, b]: OutputCotangents<Gradient["out"]>,
  saved: Saved<Gradient["in"]>,
  params: Normalization,
  setAxes: SetAxes,
): Each<Gradient["in"], InputCotangent> {
  const { shape: view, setSize: M } = normalizationView(saved.specs[0].shape, params.groups, setAxes[0] === 0);
  const full = (t: Tensor) => reshape(t, view);
  const perSet = (t: Tensor) => reshape(t, withOnes(view, setAxes));
  const perChannel = (t: Tensor) => reshape(t, withOnes(view, affineAxes));
  const overSet = (t: Tensor) => sum(t, setAxes, { keepdims: true });
  const plus = (...terms: readonly (Tensor | null)[]): Tensor | null => {
    const present = terms.filter((term) => term !== null);
    return present.length === 0 ? null : present.reduce(add);
  };

  const gamma = perChannel(saved.input(1));
  const dy = full(saved.input(4));
  const r = reciprocal(sqrt(shift(perSet(saved.input(3)), params.epsilon)));
  const normalised = mul(sub(full(saved.input(0)), perSet(saved.input(2))), r);
  const h = mul(dy, gamma);
  const A = a && perChannel(a);

  let k: Tensor | null = null;
  let bend: Tensor | null = null;
  if (U) {
    const u = full(U);
    const W = overSet(mul(u, normalised));
    k = mul(r, sub(u, scale(add(overSet(u), mul(normalised, W)), 1 / M)));
    bend = scale(mul(r, add(mul(u, overSet(mul(h, normalised))), mul(W, h))), -1 / M);
  }
  const e = plus(A && mul(A, dy), bend);
  const slopes = plus(k && mul(h, k), e && mul(e, normalised));
  const toDy = plus(k && mul(gamma, k), A && mul(A, normalised), b && broadcastTo(perChannel(b), view));
  const inShape = (answer: Tensor | null, i: 0 | 1 | 2 | 3 | 4) => answer && reshape(answer, saved.specs[i].shape);
  return [
    inShape(e && mul(r, e), 0),
    inShape(k && sum(mul(dy, k), affineAxes), 1),
    inShape(e && scale(overSet(mul(r, e)), -1), 2),
    inShape(slopes && scale(mul(square(r), overSet(slopes)), -0.5), 3),
    inShape(toDy, 4),
  ];
}
