/**
 * Where K-FAC must be exact, and where it must not: layers whose weight no positions share. The exact
 * matrices come from GGN products with unit vectors, and from gradients of single examples.
 */

import { type Loss, reductions, valueAndGrad } from "@kronograd/autograd";
import {
  binaryCrossEntropyWithLogits,
  denseLayer,
  exactEmpiricalFisher,
  exactGgn,
  meanSquaredError,
  randomWeights,
  seenBy,
  softmaxCrossEntropy,
  type Weights,
} from "@kronograd/suites/exact";
import {
  broadcastTo,
  eye,
  normal,
  Rng,
  relu,
  reshape,
  scale,
  sigmoid,
  slice,
  softmax,
  type Tensor,
  tanh,
  tensor,
} from "@kronograd/tensor";
import { allclose } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { kfacCurvature } from "./kfac.ts";

const tolerance = { rtol: 1e-10 }; // float64 sums of a few terms
const sampling = { rtol: 5e-2, atol: 5e-4 }; // 25 000 draws
const draws = 25_000;

type Activation = (x: Tensor) => Tensor;
const identity: Activation = (x) => x;
const random = (seed: number, shape: number[]) => normal(new Rng(seed), shape, { dtype: "float64" });

/** A net of dense layers fc0, fc1, … */
function dense(widths: readonly number[], activation: Activation, hasBias = true) {
  const layers = widths.slice(1).map((out, i) => ({ name: `fc${i}`, out, in: widths[i] as number }));
  const shapes = layers.flatMap(({ name, out, in: features }) => [
    [`${name}.weight`, [out, features]] as const,
    ...(hasBias ? [[`${name}.bias`, [out]] as const] : []),
  ]);
  const weights: Weights = randomWeights(Object.fromEntries(shapes));
  const forward = (x: Tensor) =>
    layers.reduce((h, { name }, i) => denseLayer(name, i === 0 ? h : activation(h), weights), x);
  return { weights, forward, names: layers.map(({ name }) => name) };
}

/** N copies of the rows. */
const copies = (t: Tensor, count: number): Tensor =>
  reshape(broadcastTo(reshape(t, [1, ...t.shape]), [count, ...t.shape]), [-1, ...t.shape.slice(1)]);

const deep = dense([4, 3, 3, 2], identity);
const deepX = random(1, [6, 4]);
const deepY = random(2, [6, 2]);

/** The factor of a loss over the mean of per-example losses: N for a sum, as the block of a mean loss is a mean over examples. */
const total = (loss: Loss, examples: number): number => (loss.reduction === "sum" ? examples : 1);

const reductionsOf = (make: (options: { reduction: "mean" | "sum" }) => Loss): Loss[] => [
  make({ reduction: "mean" }),
  make({ reduction: "sum" }),
];
const biases = ["joint", "separate"] as const;

describe("T1: an MLP 5-4-4-2 on one example, exact labels", () => {
  const x = random(1, [1, 5]);
  const cases = [
    { losses: reductionsOf(meanSquaredError), targets: random(2, [1, 2]) },
    { losses: reductionsOf(softmaxCrossEntropy), targets: tensor(Int32Array.of(1)) },
  ];
  for (const [name, activation] of Object.entries({ tanh, sigmoid, relu })) {
    it(`is the GGN block of every layer: ${name}`, () => {
      const { weights, forward, names } = dense([5, 4, 4, 2], activation);
      for (const { losses, targets } of cases) {
        for (const loss of losses) {
          const objective = { outputs: () => forward(x), loss, targets };
          for (const bias of biases) {
            for (const layer of names) {
              const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", bias }), objective, weights, layer);
              expect(matrix).toBeAllclose(exactGgn(objective, weights, block), tolerance);
            }
          }
        }
      }
    });
  }
});

describe("T2: the same, sampled labels", () => {
  it("converges to the GGN block", () => {
    const { weights, forward, names } = dense([5, 4, 4, 2], tanh);
    const [x, y] = [random(1, [1, 5]), random(2, [1, 2])];
    const many = copies(x, draws); // labels are drawn for each copy
    for (const [loss, targets, bias] of [
      [meanSquaredError(), y, "joint"],
      [meanSquaredError({ reduction: "sum" }), y, "separate"],
      [softmaxCrossEntropy(), tensor(Int32Array.of(1)), "separate"],
      [softmaxCrossEntropy({ reduction: "sum" }), tensor(Int32Array.of(1)), "joint"],
    ] as const) {
      const objective = { outputs: () => forward(many), loss, targets: copies(targets, draws) };
      const one = { outputs: () => forward(x), loss, targets };
      for (const layer of names) {
        const { matrix, block } = seenBy(kfacCurvature({ labels: "sampled", bias }), objective, weights, layer);
        expect(matrix).toBeAllclose(exactGgn(one, weights, block), sampling);
      }
    }
  });
});

describe("T3: the same, empirical labels", () => {
  it("is the empirical Fisher block", () => {
    const { weights, forward, names } = dense([5, 4, 4, 2], tanh);
    const [x, targets] = [random(1, [1, 5]), random(2, [1, 2])];
    for (const loss of reductionsOf(meanSquaredError)) {
      const objective = { outputs: () => forward(x), loss, targets };
      const single = () => () => loss.value(forward(x), targets);
      for (const bias of biases) {
        for (const layer of names) {
          const { matrix } = seenBy(kfacCurvature({ bias }), objective, weights, layer);
          expect(matrix).toBeAllclose(exactEmpiricalFisher(single, 1, weights, layer, bias), tolerance);
        }
      }
    }
  });
});

describe("T4: N copies of one example", () => {
  const { weights, forward, names } = dense([5, 4, 4, 2], sigmoid);
  const [x, y] = [random(1, [1, 5]), random(2, [1, 2])];
  const [many, targets] = [copies(x, 7), copies(y, 7)];

  it("gives the factors of one, for a mean as for a sum: they are of each example's own loss", () => {
    for (const loss of reductionsOf(meanSquaredError)) {
      for (const labels of ["exact", "empirical"] as const) {
        for (const layer of names) {
          const one = seenBy(
            kfacCurvature({ labels }),
            { outputs: () => forward(x), loss, targets: y },
            weights,
            layer,
          );
          const all = seenBy(
            kfacCurvature({ labels }),
            { outputs: () => forward(many), loss, targets },
            weights,
            layer,
          );
          expect(all.A).toBeAllclose(one.A, tolerance);
          expect(all.G).toBeAllclose(one.G, tolerance);
        }
      }
    }
  });

  it("is exact as for one: times N for a sum", () => {
    for (const loss of reductionsOf(meanSquaredError)) {
      const objective = { outputs: () => forward(many), loss, targets };
      for (const bias of biases) {
        const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", bias }), objective, weights, "fc1");
        expect(scale(matrix, total(loss, 7))).toBeAllclose(exactGgn(objective, weights, block), tolerance);
      }
    }
  });
});

describe("T5: a deep linear net 4-3-3-2 on six examples, squared error, exact labels", () => {
  it("is the GGN block of every layer", () => {
    for (const loss of reductionsOf(meanSquaredError)) {
      const objective = { outputs: () => deep.forward(deepX), loss, targets: deepY };
      for (const bias of biases) {
        for (const layer of deep.names) {
          const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", bias }), objective, deep.weights, layer);
          expect(scale(matrix, total(loss, 6))).toBeAllclose(exactGgn(objective, deep.weights, block), tolerance);
        }
      }
    }
  });

  it("is so for every reduction: without shared positions they are one", () => {
    const objective = { outputs: () => deep.forward(deepX), loss: meanSquaredError(), targets: deepY };
    const [expand, reduce] = (["expand", "reduce"] as const).map((reduction) =>
      seenBy(kfacCurvature({ labels: "exact", reduction }), objective, deep.weights, "fc1"),
    ) as [ReturnType<typeof seenBy>, ReturnType<typeof seenBy>];
    expect(reduce.matrix).toBeAllclose(expand.matrix, tolerance);
  });
});

describe("T6: the same, sampled labels", () => {
  it("converges to the GGN block; so do random signs", () => {
    const repeated = copies(deepX, Math.ceil(draws / 6));
    const targets = copies(deepY, Math.ceil(draws / 6));
    for (const [reduction, bias, tolerated] of [
      ["mean", "joint", sampling],
      ["sum", "separate", { ...sampling, atol: 6 * 2 * sampling.atol }], // the block is N·C times as large
    ] as const) {
      const loss = meanSquaredError({ reduction });
      const objective = { outputs: () => deep.forward(deepX), loss, targets: deepY };
      const many = { outputs: () => deep.forward(repeated), loss, targets };
      for (const labels of ["sampled", "randomSign"] as const) {
        for (const layer of deep.names) {
          const { matrix, block } = seenBy(kfacCurvature({ labels, bias }), many, deep.weights, layer);
          const exact = exactGgn(objective, deep.weights, block);
          expect(scale(matrix, total(loss, 6))).toBeAllclose(exact, tolerated);
        }
      }
    }
  });
});

describe("T7: the same, empirical labels", () => {
  it("is NOT the GGN block, nor the empirical Fisher of several examples", () => {
    const row = (t: Tensor, n: number) => slice(t, [[n, n + 1]]);
    for (const loss of reductionsOf(meanSquaredError)) {
      const objective = { outputs: () => deep.forward(deepX), loss, targets: deepY };
      const single = (n: number) => () => loss.value(deep.forward(row(deepX, n)), row(deepY, n));
      for (const bias of biases) {
        for (const layer of deep.names) {
          const { matrix, block } = seenBy(kfacCurvature({ bias }), objective, deep.weights, layer);
          const ggn = exactGgn(objective, deep.weights, block);
          const fisher = exactEmpiricalFisher(single, 6, deep.weights, layer, bias);
          expect(allclose(scale(matrix, total(loss, 6)), ggn, sampling)).toBe(false);
          expect(allclose(matrix, fisher, sampling)).toBe(false);
        }
      }
    }
  });
});

describe("T14: the deep linear net on one example, cross-entropies with soft targets", () => {
  const x = random(3, [1, 4]);
  const soft = softmax(random(4, [1, 2]));
  const losses = [...reductionsOf(softmaxCrossEntropy), ...reductionsOf(binaryCrossEntropyWithLogits)];

  it("is the GGN block under exact labels", () => {
    for (const loss of losses) {
      const objective = { outputs: () => deep.forward(x), loss, targets: soft };
      for (const bias of biases) {
        for (const layer of deep.names) {
          const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", bias }), objective, deep.weights, layer);
          expect(matrix).toBeAllclose(exactGgn(objective, deep.weights, block), tolerance);
        }
      }
    }
  });

  it("is the empirical Fisher block under empirical ones", () => {
    for (const loss of losses) {
      const objective = { outputs: () => deep.forward(x), loss, targets: soft };
      const single = () => () => loss.value(deep.forward(x), soft);
      for (const bias of biases) {
        for (const layer of deep.names) {
          const { matrix } = seenBy(kfacCurvature({ bias }), objective, deep.weights, layer);
          expect(matrix).toBeAllclose(exactEmpiricalFisher(single, 1, deep.weights, layer, bias), tolerance);
        }
      }
    }
  });
});

describe("T15: outputs of rank 3 and 4", () => {
  it("have the factors of the model that flattens its outputs", () => {
    const { weights, forward, names } = dense([4, 3, 2], tanh);
    for (const shared of [[5], [2, 3]]) {
      const x = random(5, [4, ...shared, 4]);
      const y = random(6, [4, ...shared, 2]);
      for (const loss of reductionsOf(meanSquaredError)) {
        for (const labels of ["exact", "empirical"] as const) {
          for (const layer of names) {
            const method = kfacCurvature({ labels });
            const kept = seenBy(method, { outputs: () => forward(x), loss, targets: y }, weights, layer);
            const flat = (t: Tensor) => reshape(t, [4, -1]);
            const flattened = { outputs: () => flat(forward(x)), loss, targets: flat(y) };
            const other = seenBy(method, flattened, weights, layer);
            expect(kept.A).toBeAllclose(other.A, tolerance);
            expect(kept.G).toBeAllclose(other.G, tolerance);
          }
        }
      }
    }
  });
});

describe("T17: one linear layer, inputs alone", () => {
  it("has the GGN block cI ⊗ A, c = 2N for a sum and 2/C for a mean of squared errors", () => {
    const { weights, forward } = dense([4, 3], identity);
    const y = random(2, [6, 3]);
    for (const loss of reductionsOf(meanSquaredError)) {
      const objective = { outputs: () => forward(deepX), loss, targets: y };
      const apart = seenBy(kfacCurvature({ labels: "exact", bias: "separate" }), objective, weights, "fc0");
      expect(scale(apart.matrix, total(loss, 6))).toBeAllclose(exactGgn(objective, weights, apart.block), tolerance);
      const { A, G, matrix, block } = seenBy(kfacCurvature({ labels: "exact" }), objective, weights, "fc0");
      expect(A).toBeAllclose(valueOfInputs(objective, weights), tolerance);
      expect(G).toBeAllclose(scale(eye(3, { dtype: "float64" }), loss.reduction === "sum" ? 2 : 2 / 3), tolerance);
      expect(scale(matrix, total(loss, 6))).toBeAllclose(exactGgn(objective, weights, block), tolerance);
    }
  });

  /** A under a capture of inputs alone. */
  function valueOfInputs(objective: Parameters<typeof valueAndGrad>[0], weights: Weights): Tensor {
    const { records } = valueAndGrad(objective, weights, { capture: { inputs: true } });
    return records.get("fc0")?.secondMoment("inputs", reductions.expand) as Tensor;
  }
});
