/**
 * Kernels of batch and group (hence layer) normalisation and their gradients, float32: statistics in float64, then one
 * elementwise pass. The input is seen as [N, K, C, S], as in tensor's normalization.ts; a set shares mean and variance.
 */

import { type Expression, type Operand, sizeOf, type TypedArray } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { isFloat32, type Normalization, type NormalizationView, normalizationView } from "@kronograd/tensor/kernel";
import { defineMoments, definePairSums } from "../emit/moments.ts";
import { addressOf, inShares } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { createSum, type SumOver } from "./reductions.ts";

/** Expressions of as many inputs as the function has parameters. */
const formula = (build: (...inputs: Expression[]) => Expression | Expression[]): Expression[] =>
  [build(...Array.from({ length: build.length }, (_, i) => e.input(i)))].flat();

/** 1/√(v + ε) */
const rateOf = formula((variance) => e.div(e.constant(1), e.sqrt(e.add(variance, e.parameter("epsilon")))));

/** (x − μ) r γ + β */
const forward = formula((x, mean, rate, gamma, beta) => e.add(e.mul(e.mul(e.sub(x, mean), rate), gamma), beta));

/** r (γ dy − (h + x̂ w)), with h and w the set's means of γ dy and of γ dy x̂ */
const backward = formula((x, dy, mean, rate, gamma, h, w) => {
  const normalised = e.mul(e.sub(x, mean), rate);
  return e.mul(rate, e.sub(e.mul(gamma, dy), e.add(h, e.mul(normalised, w))));
});

const share = formula((sum) => e.div(sum, e.parameter("count")));

/** γ dy, γ dy x̂ and dy x̂ */
const terms = formula((x, dy, mean, rate, gamma) => {
  const normalised = e.mul(e.sub(x, mean), rate);
  const weighted = e.mul(gamma, dy);
  return [weighted, e.mul(weighted, normalised), e.mul(dy, normalised)];
});

/** Runs of positions so short that sums over each of them cost more than sums of whole arrays. */
const shortRun = 8;

/** Kernels of batch, group and layer normalisation and their gradients. */
export function normalizationKernels(kit: Kit): Kernels {
  const code = kit.code<"moments" | "pairs">((module) => {
    defineMoments(module, "moments");
    definePairSums(module, "pairs");
  });

  const sumsOf = createSum(kit);
  const sumOver = sumsOf("float32") as SumOver;

  /** Sums of channels out of those of each image's channels. */
  const overImages = (sums: Operand, images: number): Operand => {
    const count = sizeOf(sums.shape) / images;
    const total = kit.temporary("float64", [count]);
    sumsOf("float64")!(total, { ...sums, shape: [images, count], strides: [count, 1] }, [0]);
    return total;
  };

  /** Operands as views of [N, K, C, S]. */
  const views = ({ shape: view }: NormalizationView, overBatch: boolean) => {
    const [, K, C, S] = view;
    const as = (strides: readonly number[]) => (operand: Operand) => ({ ...operand, shape: view, strides });
    return {
      full: as([K * C * S, C * S, S, 1]),
      perSet: as(overBatch ? [0, 0, 1, 0] : [K, 1, 0, 0]),
      perChannel: as([0, C, 1, 0]),
    };
  };

  const family = (name: string, overBatch: boolean): Kernels => ({
    [name]([y, mean, variance], inputs, { groups, epsilon }: Normalization) {
      if (!isFloat32(...inputs) || sizeOf(inputs[0]!.shape) === 0) return false;
      const [x, gamma, beta] = inputs.map(kit.dense) as [Operand, Operand, Operand];
      const view = normalizationView(x.shape, groups, overBatch);
      const [N, K, C, S] = view.shape;
      // of batch normalisation: a set is one channel's run in every image; else one block of neighbours
      const [sets, runs, length, setStep, runStep] = overBatch ? [C, N, S, S, C * S] : [N * K, 1, C * S, C * S, 0];
      const targets = [addressOf(mean!), addressOf(variance!)] as const;
      const fork = kit.fork(4 * sizeOf(x.shape));
      const { moments } = code();
      const of = (first: number, count: number) =>
        [count, runs, length, addressOf(x) + 4 * first * setStep, 4 * setStep, 4 * runStep] as const;
      inShares(fork, sets, (first, count, call) =>
        call(moments, ...of(first, count), targets[0] + 4 * first, targets[1] + 4 * first),
      );
      const rate = kit.temporary("float32", mean!.shape);
      kit.runExpressions(rateOf, [rate], [variance!], { epsilon });
      const { full, perSet, perChannel } = views(view, overBatch);
      const operands = [full(x), perSet(mean!), perSet(rate), perChannel(gamma), perChannel(beta)];
      return kit.runExpressions(forward, [full(y!)], operands, {});
    },

    [`${name}Grad`]([dx, dgamma, dbeta], inputs, { groups, epsilon }: Normalization) {
      if (!isFloat32(...inputs) || sizeOf(inputs[0]!.shape) === 0) return false;
      const [x, gamma, mean, variance, dy] = inputs.map(kit.dense) as [Operand, Operand, Operand, Operand, Operand];
      const view = normalizationView(x.shape, groups, overBatch);
      const [N, K, C, S] = view.shape;
      const { full, perSet, perChannel } = views(view, overBatch);
      const rate = kit.temporary("float32", mean.shape);
      kit.runExpressions(rateOf, [rate], [variance], { epsilon });
      const [h, w] = [kit.temporary("float32", mean.shape), kit.temporary("float32", mean.shape)];
      if (S < shortRun) {
        const parts = terms.map(() => full(kit.temporary("float32", x.shape)));
        const operands = [full(x), full(dy), perSet(mean), perSet(rate), perChannel(gamma)];
        kit.runExpressions(terms, parts, operands, {});
        const setAxes = overBatch ? [0, 3] : [2, 3];
        [h, w].forEach((target, i) => {
          sumOver(target, parts[i]!, setAxes);
          kit.runExpressions(share, [target], [target], { count: view.setSize });
        });
        sumOver(dgamma!, parts[2]!, [0, 3]);
        sumOver(dbeta!, full(dy), [0, 3]);
      } else {
        const runs = N * K * C;
        const [plain, weighted] = [kit.temporary("float64", [runs]), kit.temporary("float64", [runs])];
        const { pairs } = code();
        inShares(kit.fork(4 * runs * S), runs, (first, count, call) => {
          const from = [addressOf(x) + 4 * first * S, addressOf(dy) + 4 * first * S] as const;
          call(pairs, count, S, ...from, addressOf(plain) + 8 * first, addressOf(weighted) + 8 * first);
        });
        const sets = { channels: K * C, perSet: C, overBatch, setSize: view.setSize };
        const [a, b] = [plain, weighted].map((sums) => kit.values(overBatch ? overImages(sums, N) : sums));
        const channelSums = { plain: a!, weighted: b! };
        const sums = combine(channelSums, kit.values(mean), kit.values(rate), kit.values(gamma), sets);
        kit.values(h).set(sums.h);
        kit.values(w).set(sums.w);
        kit.values(dgamma!).set(sums.dgamma);
        kit.values(dbeta!).set(sums.dbeta);
      }
      const operands = [full(x), full(dy), perSet(mean), perSet(rate), perChannel(gamma), perSet(h), perSet(w)];
      return kit.runExpressions(backward, [full(dx!)], operands, {});
    },
  });

  return { ...family("batchNorm", true), ...family("groupNorm", false) };
}

interface Sets {
  readonly channels: number;
  /** Channels of a group. */
  readonly perSet: number;
  readonly overBatch: boolean;
  /** Elements of a set. */
  readonly setSize: number;
}

/** From sums of channels, or of each image's channels, to means over sets and sums over channels, in float64. */
function combine(
  { plain, weighted }: Readonly<Record<"plain" | "weighted", TypedArray>>,
  mean: TypedArray,
  rate: TypedArray,
  gamma: TypedArray,
  { channels, perSet, overBatch, setSize }: Sets,
) {
  const [h, w] = [new Float64Array(mean.length), new Float64Array(mean.length)];
  const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
  for (let run = 0; run < plain.length; run++) {
    const channel = run % channels;
    const set = overBatch ? channel : Math.floor(run / perSet);
    const sum = plain[run]!;
    const normalised = (weighted[run]! - mean[set]! * sum) * rate[set]!;
    dbeta[channel]! += sum;
    dgamma[channel]! += normalised;
    h[set]! += (gamma[channel]! * sum) / setSize;
    w[set]! += (gamma[channel]! * normalised) / setSize;
  }
  return { h, w, dgamma, dbeta };
}
