/** Identities of the exact curvature matrices themselves, and of the methods that solve with them. */

import { denseGradient, type LabelSource, type Loss, perExample, valueAndGrad } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped } from "@kronograd/linalg";
import {
  binaryCrossEntropyWithLogits,
  convLayer,
  denseLayer,
  exactGgn,
  exampleGradients,
  exampleGram,
  meanSquaredError,
  nearestKronecker,
  randomWeights,
  seenBy,
  softmaxCrossEntropy,
} from "@kronograd/suites/exact";
import {
  add,
  matmul,
  mul,
  normal,
  Rng,
  reshape,
  type Shape,
  scale,
  sigmoid,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { blockInfo } from "../block-info.ts";
import { contextByHand, directionByHand, learnByHand, refreshByHand } from "../driver/by-hand.ts";
import { evaCurvature } from "./eva.ts";
import { kfacCurvature } from "./kfac.ts";

const exact = { rtol: 1e-10 }; // float64 sums of a few terms
const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const norm2 = (t: Tensor) => sum(mul(t, t)).itemSync();
const N = 5;

const weights = randomWeights({
  "conv.weight": [2, 1, 2, 2],
  "conv.bias": [2],
  "fc1.weight": [4, 8],
  "fc1.bias": [4],
  "fc2.weight": [3, 4],
  "fc2.bias": [3],
});
const images = random(1, [N, 1, 3, 3]);
const net = () => {
  const features = reshape(tanh(convLayer("conv", images, weights)), [N, 8]);
  return denseLayer("fc2", tanh(denseLayer("fc1", features, weights)), weights);
};
const classes = tensor(Int32Array.of(0, 2, 1, 1, 0));
const seen = (loss: Loss, targets: Tensor, labels: LabelSource) =>
  valueAndGrad({ outputs: net, loss, targets }, weights, {
    capture: { layers: true, inputs: true, outputGrads: labels },
  });

describe("T23: GGN = Fisher for the losses of exponential families", () => {
  const cases = [
    { name: "squared error", make: meanSquaredError, targets: random(2, [N, 3]) },
    { name: "softmax", make: softmaxCrossEntropy, targets: classes },
    { name: "binary cross-entropy", make: binaryCrossEntropyWithLogits, targets: sigmoid(random(3, [N, 3])) },
  ];
  for (const { name, make, targets } of cases) {
    for (const reduction of ["mean", "sum"] as const) {
      it(`${name}, ${reduction}: products with unit vectors are the matrix of single examples' gradients`, () => {
        const loss = make({ reduction });
        const { gradients, records } = seen(loss, targets, "exact");
        for (const [layer, record] of records) {
          const U = exampleGradients([record]);
          const fisher = scale(matmul(transpose(U), U), reduction === "sum" ? 1 : 1 / N);
          const block = gradients.get(layer)!.block;
          expect(exactGgn({ outputs: net, loss, targets }, weights, block)).toBeAllclose(fisher, exact);
        }
      });
    }
  }
});

describe("S7: the empirical Fisher of all layers, through its Gram matrix", () => {
  const { gradients, records } = seen(softmaxCrossEntropy(), classes, "empirical");
  const U = exampleGradients(records.values());
  const K = exampleGram(records.values());

  it("is Σ over layers and positions of (a·a)(g·g), without a gradient of a single example", () => {
    expect(K).toBeAllclose(matmul(U, transpose(U)), exact);
  });

  it("solves (UᵀU/n + λI) x = ∇ by an n × n system: x = Uᵀ (K + nλI)⁻¹ 1", () => {
    const gradient = reshape(matmul(tensor([[1, 1, 1, 1, 1]], { dtype: "float64" }), scale(U, 1 / N)), [-1, 1]);
    const stacked = [...gradients.values()].map((own) => reshape(own.dense(), [-1]).dataSync());
    expect(gradient).toBeAllclose(
      stacked.flatMap((part) => [...part]).map((x) => [x]),
      exact,
    );
    for (const lambda of [1e-3, 1]) {
      const dense = choleskySolve(cholesky(damped(scale(matmul(transpose(U), U), 1 / N), lambda)), gradient);
      const ones = tensor([[1], [1], [1], [1], [1]], { dtype: "float64" });
      const small = matmul(transpose(U), choleskySolve(cholesky(damped(K, N * lambda)), ones));
      expect(small).toBeAllclose(dense, { rtol: 1e-10 });
    }
  });
});

describe("S6: Eva", () => {
  const block = layerBlock("fc1", 4, 8);
  const { records } = seen(softmaxCrossEntropy(), classes, "empirical");
  const record = records.get("fc1")!;

  it("is the dense solve with ḡḡᵀ ⊗ āāᵀ + λI", () => {
    const { inputs, outputGrads } = perExample(record); // [N, 1, 9], [1, N, 1, 4]
    const mean = (t: Tensor, size: number) => scale(sum(reshape(t, [N, size]), 0), 1 / N);
    const vector = reshape(mul(reshape(mean(outputGrads, 4), [4, 1]), mean(inputs, 9)), [-1, 1]); // ḡ ⊗ ā
    const V = random(4, [4, 9]);
    for (const damping of [1e-3, 1]) {
      const context = contextByHand(damping, 0);
      const method = evaCurvature();
      const state = refreshByHand(
        method,
        learnByHand(method, method.init(blockInfo(block), context), record, context),
        context,
      );
      const M = damped(matmul(vector, transpose(vector)), damping);
      const want = reshape(choleskySolve(cholesky(M), reshape(V, [-1, 1])), [4, 9]);
      expect(directionByHand(method, state, denseGradient(block, V), context) as Tensor).toBeAllclose(want, exact);
    }
  });
});

describe("T21: the nearest Kronecker product", () => {
  const objective = { outputs: net, loss: softmaxCrossEntropy(), targets: classes };

  for (const layer of ["conv", "fc1", "fc2"]) {
    it(`is the top singular pair of the rearranged block, and no farther than K-FAC: ${layer}`, () => {
      const kfac = seenBy(kfacCurvature({ labels: "exact" }), objective, weights, layer);
      const block = exactGgn(objective, weights, kfac.block);
      const { matrix, singular } = nearestKronecker(block, kfac.block.shape[0] as number);
      const rest = slice(singular, [[1, singular.size]]);
      expect(norm2(sub(block, matrix))).toBeCloseTo(norm2(rest), 10);
      expect(norm2(rest)).toBeLessThanOrEqual(norm2(sub(block, kfac.matrix)));
      expect(matrix).toBeAllclose(transpose(matrix), { rtol: 1e-8, atol: 1e-12 });
    });
  }

  it("is K-FAC's where that is exact, and of a sum of two products with orthogonal factors the larger", () => {
    const [G, A] = [random(5, [3, 3]), random(6, [4, 4])];
    const product = (left: Tensor, right: Tensor) =>
      reshape(mul(reshape(left, [3, 1, 3, 1]), reshape(right, [1, 4, 1, 4])), [12, 12]);
    expect(nearestKronecker(product(G, A), 3).matrix).toBeAllclose(product(G, A), exact);
    const unit = (n: number, at: number) =>
      tensor(
        Float64Array.from({ length: n * n }, (_, k) => (k === at ? 1 : 0)),
        { shape: [n, n] },
      );
    const [large, small] = [scale(product(unit(3, 0), unit(4, 0)), 2), product(unit(3, 4), unit(4, 5))];
    expect(nearestKronecker(add(large, small), 3).matrix).toBeAllclose(large, exact);
  });
});
