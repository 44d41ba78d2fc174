/**
 * Where K-FAC must be exact, and where it must not, for layers whose weight several positions share: in
 * sequences, in convolutions, and by several uses in one net.
 */

import { joinRecords, type Loss, type Objective, reductions, valueAndGrad } from "@kronograd/autograd";
import { kronecker, toDense } from "@kronograd/linalg";
import {
  convLayer,
  denseLayer,
  exactGgn,
  meanSquaredError,
  randomWeights,
  seenBy,
  type Weights,
} from "@kronograd/suites/exact";
import {
  broadcastTo,
  concat,
  globalAvgPool2d,
  mean,
  normal,
  Rng,
  relu,
  reshape,
  type Shape,
  scale,
  slice,
  sum,
  type Tensor,
  UsageError,
} from "@kronograd/tensor";
import { allclose } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { kfacCurvature } from "./kfac.ts";

const tolerance = { rtol: 1e-10 }; // float64 sums of at most a thousand terms
const far = { rtol: 5e-2 }; // what differs must differ by more than sampling would

const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, { dtype: "float64" });
const losses = [meanSquaredError({ reduction: "mean" }), meanSquaredError({ reduction: "sum" })];
const biases = ["joint", "separate"] as const;
type Smooth = Exclude<Objective, () => Tensor>;

/** K-FAC's block at the scale of the loss's own GGN: times N for a sum. */
function block(
  objective: Smooth,
  weights: Weights,
  layer: string,
  reduction: "expand" | "reduce",
  bias: "joint" | "separate" = "joint",
) {
  const seen = seenBy(kfacCurvature({ labels: "exact", reduction, bias }), objective, weights, layer);
  const factor = objective.loss.reduction === "sum" ? seen.record.examples : 1;
  return { kfac: scale(seen.matrix, factor), exact: exactGgn(objective, weights, seen.block) };
}

/** Dense layers fc0, fc1, … without anything between. */
const deepWeights = (widths: readonly number[]): Weights =>
  randomWeights(
    Object.fromEntries(
      widths.slice(1).flatMap((out, i) => [
        [`fc${i}.weight`, [out, widths[i] as number]],
        [`fc${i}.bias`, [out]],
      ]),
    ),
  );
const through = (weights: Weights, names: readonly string[], x: Tensor): Tensor =>
  names.reduce((h, name) => denseLayer(name, h, weights), x);
const objectiveOf = (outputs: () => Tensor, loss: Loss): Smooth => ({
  outputs,
  loss,
  targets: random(9, outputs().shape),
});

const three = deepWeights([4, 3, 3, 2]);
const threeNames = ["fc0", "fc1", "fc2"];
const x = random(1, [6, 5, 4]); // N = 6, S = 5

describe("T8: a deep linear net whose positions are kept to the output", () => {
  it("has expand = GGN, and reduce not", () => {
    for (const loss of losses) {
      for (const bias of biases) {
        for (const layer of threeNames) {
          const objective = objectiveOf(() => through(three, threeNames, x), loss);
          const expand = block(objective, three, layer, "expand", bias);
          expect(expand.kfac).toBeAllclose(expand.exact, tolerance);
          const reduce = block(objective, three, layer, "reduce", bias);
          expect(allclose(reduce.kfac, reduce.exact, far)).toBe(false);
        }
      }
    }
  });
});

describe("T9: a deep linear net that adds or averages its positions at the end", () => {
  it("has reduce = GGN", () => {
    for (const pool of [sum, mean]) {
      for (const loss of losses) {
        for (const bias of biases) {
          for (const layer of threeNames) {
            const objective = objectiveOf(() => pool(through(three, threeNames, x), 1), loss);
            const { kfac, exact } = block(objective, three, layer, "reduce", bias);
            expect(kfac).toBeAllclose(exact, tolerance);
          }
        }
      }
    }
  });
});

describe("T10: a deep linear net 7-3-3-3-2 that adds or averages its positions in the middle", () => {
  const weights = deepWeights([7, 3, 3, 3, 2]);
  const wide = random(2, [6, 5, 7]);
  const outputs = (pool: typeof sum) => () =>
    through(weights, ["fc2", "fc3"], pool(through(weights, ["fc0", "fc1"], wide), 1));

  it("has expand = reduce = GGN behind it, and before it reduce = GGN ≠ expand", () => {
    for (const pool of [sum, mean]) {
      for (const loss of losses) {
        const objective = objectiveOf(outputs(pool), loss);
        for (const bias of biases) {
          for (const layer of ["fc0", "fc1", "fc2", "fc3"]) {
            const reduce = block(objective, weights, layer, "reduce", bias);
            const expand = block(objective, weights, layer, "expand", bias);
            expect(reduce.kfac).toBeAllclose(reduce.exact, tolerance);
            if (layer > "fc1") expect(expand.kfac).toBeAllclose(expand.exact, tolerance);
            else expect(allclose(expand.kfac, expand.exact, far)).toBe(false);
          }
        }
      }
    }
  });
});

describe("T12 and S8: one convolution on 8 × 8", () => {
  const weights = randomWeights({ "conv.weight": [3, 2, 3, 3], "conv.bias": [3] });
  const image = random(3, [4, 2, 8, 8]);
  const conv = () => convLayer("conv", image, weights, { stride: [2, 1], padding: [1, 0] });

  it("has reduce = GGN before average pooling", () => {
    for (const loss of losses) {
      for (const bias of biases) {
        const { kfac, exact } = block(
          objectiveOf(() => globalAvgPool2d(conv()), loss),
          weights,
          "conv",
          "reduce",
          bias,
        );
        expect(kfac).toBeAllclose(exact, tolerance);
      }
    }
  });

  it("has expand = GGN without it", () => {
    for (const loss of losses) {
      for (const bias of biases) {
        const { kfac, exact } = block(objectiveOf(conv, loss), weights, "conv", "expand", bias);
        expect(kfac).toBeAllclose(exact, tolerance);
      }
    }
  });

  it("has mean = GGN / S² and sum = GGN · S² before average pooling", () => {
    for (const loss of losses) {
      const objective = objectiveOf(() => globalAvgPool2d(conv()), loss);
      for (const bias of biases) {
        const own = seenBy(kfacCurvature({ labels: "exact", bias }), objective, weights, "conv");
        const { positions: S, examples } = own.record;
        expect(S).toBe(24);
        const exact = exactGgn(objective, weights, own.block);
        const matrix = (reduction: "reduce" | "mean" | "sum") => {
          const G = own.record.secondMoment("outputGrads", reductions[reduction]);
          const A = own.record.secondMoment("inputs", reductions[reduction]);
          return scale(toDense(kronecker(G, A)), loss.reduction === "sum" ? examples : 1);
        };
        expect(matrix("reduce")).toBeAllclose(exact, { rtol: 1e-12 });
        expect(scale(matrix("mean"), S ** 2)).toBeAllclose(exact, { rtol: 1e-12 });
        expect(scale(matrix("sum"), 1 / S ** 2)).toBeAllclose(exact, { rtol: 1e-12 });
      }
    }
  });
});

describe("T13: one linear layer on inputs [N, 4, 8, 5], in batches of 2 and 7", () => {
  const weights = deepWeights([5, 3]);
  const wide = random(4, [9, 4, 8, 5]);
  const y = random(5, [9, 4, 8, 3]);
  const part = (from: number, to: number, loss: Loss): Smooth => ({
    outputs: () => denseLayer("fc0", slice(wide, [[from, to]]), weights),
    loss,
    targets: slice(y, [[from, to]]),
  });

  it("has expand = GGN", () => {
    for (const loss of losses) {
      for (const bias of biases) {
        const { kfac, exact } = block(part(0, 9, loss), weights, "fc0", "expand", bias);
        expect(kfac).toBeAllclose(exact, tolerance);
      }
    }
  });

  it("has the same factors from several batches as from one", () => {
    for (const loss of losses) {
      for (const labels of ["exact", "empirical"] as const) {
        const records = [part(0, 2, loss), part(2, 9, loss)].map((objective) => {
          const capture = { inputs: true, outputGrads: labels };
          return valueAndGrad(objective, weights, { capture }).records.get("fc0");
        });
        const joined = joinRecords(records.filter((record) => record !== undefined));
        const { A, G } = seenBy(kfacCurvature({ labels }), part(0, 9, loss), weights, "fc0");
        expect(joined.secondMoment("inputs", reductions.expand)).toBeAllclose(A, tolerance);
        expect(joined.secondMoment("outputGrads", reductions.expand)).toBeAllclose(G, tolerance);
      }
    }
  });
});

describe("T16: a net that shrinks and grows again, so that positions inside are not those of the output", () => {
  const weights = randomWeights({
    "down.weight": [3, 2, 3, 3],
    "down.bias": [3],
    "up.weight": [2, 3, 3, 3],
    "up.bias": [2],
  });
  const image = random(6, [2, 2, 6, 6]);
  /** Every pixel twice in both directions. */
  const doubled = (t: Tensor): Tensor => {
    const [N, C, H, W] = t.shape as [number, number, number, number];
    const spread = broadcastTo(reshape(t, [N, C, H, 1, W, 1]), [N, C, H, 2, W, 2]);
    return reshape(spread, [N, C, 2 * H, 2 * W]);
  };
  const outputs = () => {
    const inside = relu(convLayer("down", image, weights, { stride: [2, 2], padding: [1, 1] })); // 3 × 3 positions
    return convLayer("up", doubled(inside), weights, { padding: [1, 1] }); // 6 × 6
  };
  const elements = 2 * 36; // of an example's output: C · S'

  it("has the factors of the sum as those of the mean times C·S′ (exact) or its square (empirical)", () => {
    const [meanLoss, sumLoss] = losses as [Loss, Loss];
    const targets = random(7, outputs().shape);
    for (const reduction of ["expand", "reduce"] as const) {
      for (const labels of ["exact", "empirical"] as const) {
        const factor = labels === "exact" ? elements : elements ** 2;
        for (const layer of ["down", "up"]) {
          const method = kfacCurvature({ labels, reduction });
          const ofMean = seenBy(method, { outputs, loss: meanLoss, targets }, weights, layer);
          const ofSum = seenBy(method, { outputs, loss: sumLoss, targets }, weights, layer);
          expect(ofSum.A).toBeAllclose(ofMean.A, tolerance);
          expect(ofSum.G).toBeAllclose(scale(ofMean.G, factor), tolerance);
        }
      }
    }
  });
});

describe("T18: one weight on both halves of the input, outputs kept apart", () => {
  const weights = randomWeights({ "half.weight": [3, 4], "half.bias": [3], "other.bias": [3] });
  const datum = random(8, [1, 8]);
  const [left, right] = [slice(datum, [null, [0, 4]]), slice(datum, [null, [4, 8]])];

  it("has expand = GGN for one example", () => {
    const outputs = () =>
      concat([denseLayer("half", left, weights), denseLayer("half", right, weights, "half again")], 1);
    for (const loss of losses) {
      for (const bias of biases) {
        const { kfac, exact } = block(objectiveOf(outputs, loss), weights, "half", "expand", bias);
        expect(kfac).toBeAllclose(exact, tolerance);
      }
    }
  });

  it("is refused with two biases in one block, and exact with the biases apart", () => {
    const second: Weights = {
      "half.weight": weights["half.weight"] as Tensor,
      "half.bias": weights["other.bias"] as Tensor,
    };
    const outputs = () =>
      concat([denseLayer("half", left, weights), denseLayer("half", right, second, "half again")], 1);
    const objective = objectiveOf(outputs, meanSquaredError());
    expect(() => block(objective, weights, "half", "expand", "joint")).toThrow(UsageError);
    expect(() => block(objective, weights, "half", "expand", "joint")).toThrow(
      /shares its weight with "half" but not its bias/,
    );
    const { kfac, exact } = block(objective, weights, "half", "expand", "separate");
    expect(kfac).toBeAllclose(exact, tolerance);
  });
});
