/**
 * What second-order steps must not do, counted: products that form a gradient, im2col for statistics that need none,
 * matrices of a layer's size where the batch is smaller, and memory for what nobody asks about.
 */

import { type CaptureRequest, valueAndGrad } from "@kronograd/autograd";
import { convLayer, denseLayer, randomWeights, softmaxCrossEntropy } from "@kronograd/suites/exact";
import { normal, Rng, relu, reshape, type Shape, setRecorder, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { blockInfo } from "./block-info.ts";
import { kfac } from "./catalog/kfac.ts";
import { sgd } from "./catalog/sgd.ts";
import { skfac } from "./catalog/skfac.ts";
import { skfacCurvature } from "./curvature/skfac.ts";
import { contextByHand, learnByHand } from "./driver/by-hand.ts";
import type { Optimizer } from "./optimizer.ts";

interface Call {
  readonly name: string;
  readonly shapes: readonly Shape[];
}

/** The ops that `f` runs, with the shapes of their outputs. */
function callsOf(f: () => void): Call[] {
  const calls: Call[] = [];
  const previous = setRecorder({
    record: (op, _, outputs) => void calls.push({ name: op.name, shapes: outputs.map(({ shape }) => shape) }),
  });
  try {
    f();
  } finally {
    setRecorder(previous);
  }
  return calls;
}
const withOutput = (calls: readonly Call[], ...sizes: string[]) =>
  calls.filter(({ shapes }) => shapes.some((shape) => sizes.includes(shape.join("×")))).map(({ name }) => name);

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const B = 3;
const labels = tensor(Int32Array.from({ length: B }, (_, n) => n % 2));

/** Dense 20 → 11 → 7: every side larger than the batch, no two sizes alike. */
function mlp() {
  const weights = randomWeights({ "fc1.weight": [11, 20], "fc1.bias": [11], "fc2.weight": [7, 11], "fc2.bias": [7] });
  const outputs = () => denseLayer("fc2", relu(denseLayer("fc1", random(1, [B, 20]), weights)), weights);
  return { weights, objective: { outputs, loss: softmaxCrossEntropy(), targets: labels } };
}
const weightSizes = ["11×20", "20×11", "11×21", "21×11", "7×11", "11×7", "7×12", "12×7"];

function take({ weights, objective }: ReturnType<typeof mlp>, optimizer: Optimizer, step = 0) {
  const seen = valueAndGrad(objective, weights, { capture: optimizer.needs(step) });
  return { ...seen, updates: optimizer.update(seen.gradients, { parameters: weights, records: seen.records, step }) };
}

describe("push-through", () => {
  const fresh = () => skfac({ rank: null, refreshEvery: 1, momentum: 0 });

  it("runs no product of a weight's size, forward, backward or in the update: none forms the gradient", () => {
    const problem = mlp();
    using optimizer = fresh();
    expect(
      withOutput(
        callsOf(() => void take(problem, optimizer)),
        ...weightSizes,
      ),
    ).toEqual([]);
  });

  it("forms one product of each weight's size in all, when the direction is applied", () => {
    const problem = mlp();
    using optimizer = fresh();
    const calls = callsOf(() => optimizer.apply(problem.weights, take(problem, optimizer).updates, 0));
    const products = calls.filter(({ name }) => /matmul|linear|gram|syrk/.test(name));
    expect(withOutput(products, ...weightSizes)).toHaveLength(2);
  });

  it("is seen by the count: a dense gradient is a product of a weight's size", () => {
    const problem = mlp();
    using optimizer = sgd();
    expect(
      withOutput(
        callsOf(() => void take(problem, optimizer)),
        "11×20",
        "20×11",
      ).length,
    ).toBeGreaterThan(0);
  });
});

describe("momentum behind a preconditioner", () => {
  it("adds one product of each weight's size to the velocity, and forms no gradient: fresh factors and old ones", () => {
    for (const refreshEvery of [1, 5]) {
      const problem = mlp();
      using optimizer = skfac({ rank: null, refreshEvery });
      take(problem, optimizer);
      const calls = callsOf(() => void take(problem, optimizer, 1));
      const made = withOutput(calls, ...weightSizes).filter((name) => !["permute", "reshape"].includes(name));
      expect(made).toEqual(["addProduct", "addProduct"]);
    }
  });
});

describe("SKFAC where the batch is smaller than a side", () => {
  it.each([
    { rank: null, refreshEvery: 1 },
    { rank: 4, refreshEvery: 1 },
    { rank: 4, refreshEvery: 1, klClip: null, pi: false },
  ])("never makes a matrix of that side's size: %o", (options) => {
    const problem = mlp();
    using optimizer = skfac(options);
    const calls = callsOf(() => {
      for (let step = 0; step < 3; step++)
        optimizer.apply(problem.weights, take(problem, optimizer, step).updates, step);
    });
    expect(withOutput(calls, "20×20", "21×21", "11×11", "12×12")).toEqual([]);
  });

  it("is seen by the count: K-FAC makes such matrices", () => {
    const problem = mlp();
    using optimizer = kfac();
    expect(
      withOutput(
        callsOf(() => void take(problem, optimizer)),
        "21×21",
      ).length,
    ).toBeGreaterThan(0);
  });
});

describe("statistics of a convolution", () => {
  const weights = randomWeights({ "conv.weight": [4, 2, 3, 3], "conv.bias": [4] });
  const outputs = () => reshape(convLayer("conv", random(1, [B, 2, 5, 5]), weights), [B, 36]);
  const capture: CaptureRequest = { layers: true, inputs: true, outputGrads: "empirical" };
  const objective = { outputs, loss: softmaxCrossEntropy(), targets: labels };
  const { gradients, records } = valueAndGrad(objective, weights, { capture });
  const { block } = gradients.get("conv")!;
  const context = contextByHand(0.1, 0);
  /** Ops of a look at the batch that make something of every position: im2col, or whatever has its size. */
  const unfolded = (reduction: "reduce" | "mean" | "sum" | "expand") => {
    const method = skfacCurvature({ rank: null, reduction });
    const calls = callsOf(
      () => void learnByHand(method, method.init(blockInfo(block), context), records.get("conv")!, context),
    );
    return calls.filter(({ name, shapes }) => name === "im2col" || shapes.some((s) => s.includes(18) && s.includes(9)));
  };

  it.each(["reduce", "mean", "sum"] as const)("need no im2col with %s", (reduction) => {
    expect(unfolded(reduction)).toEqual([]);
  });

  it("are seen by the count: expand needs it", () => {
    expect(unfolded("expand").length).toBeGreaterThan(0);
  });
});

describe("memory for curvature", () => {
  const saved = (capture: CaptureRequest | undefined) => {
    const { objective, weights } = mlp();
    const { savedTensors, records } = valueAndGrad(objective, weights, capture === undefined ? {} : { capture });
    return { savedTensors, records: records.size };
  };
  const plain = saved(undefined);

  it("is not taken where no method asks", () => {
    expect(saved(sgd().needs(0))).toEqual({ ...plain, records: 0 });
  });

  it("is not taken on steps without statistics", () => {
    for (const optimizer of [kfac({ statisticsEvery: 2 }), skfac({ refreshEvery: 2 })]) {
      expect(saved(optimizer.needs(1))).toEqual({ ...plain, records: 0 });
      expect(saved(optimizer.needs(0)).records).toBe(2);
    }
  });

  it("is not taken for a layer whose weight is not asked about", () => {
    const { objective, weights } = mlp();
    const { "fc2.weight": weight, "fc2.bias": bias } = weights;
    const own = { "fc2.weight": weight!, "fc2.bias": bias! };
    const withoutCapture = valueAndGrad(objective, own).savedTensors;
    const { records, savedTensors } = valueAndGrad(objective, own, { capture: skfac().needs(0) });
    expect([...records.keys()]).toEqual(["fc2"]);
    expect(savedTensors).toBe(withoutCapture);
  });
});
