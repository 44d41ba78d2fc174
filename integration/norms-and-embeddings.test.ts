/** Blocks of layers that multiply no input by their weight: the scale and shift of norms, and the tables of embeddings. */

import {
  type Block,
  denseGradient,
  type LayerRecord,
  type Objective,
  reductions,
  valueAndGrad,
} from "@kronograd/autograd";
import { BatchNorm, Dense, Embedding, GroupNorm, type Layer, LayerNorm, RmsNorm } from "@kronograd/layers";
import { cholesky, choleskySolve } from "@kronograd/linalg";
import {
  blockInfo,
  type CurvatureMethod,
  contextByHand,
  directionByHand,
  ekfacCurvature,
  kfacCurvature,
  learnByHand,
  refineByHand,
  refreshByHand,
  type StateTree,
  skfacCurvature,
} from "@kronograd/optimizers";
import { exactGgn, meanSquaredError, seenBy, softmaxCrossEntropy } from "@kronograd/suites/exact";
import {
  add,
  eye,
  matmul,
  mean,
  normal,
  Rng,
  reshape,
  type Shape,
  scale,
  sum,
  type Tensor,
  tanh,
  tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";

const f64 = { dtype: "float64" } as const;
const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, f64);
const tolerance = { rtol: 1e-9, atol: 1e-12 };

/** Layers under their names, with parameters in float64, and those by name. */
function made<T extends Readonly<Record<string, Layer>>>(layers: T) {
  const weights: Record<string, Tensor> = {};
  for (const [name, layer] of Object.entries(layers)) {
    layer.init?.({ rng: new Rng(0).fork(name), name, ...f64 });
    for (const [key, t] of Object.entries(layer.parameters?.() ?? {})) weights[`${name}.${key}`] = t as Tensor;
  }
  return { ...layers, weights };
}

const training = { training: true } as const;
const evaluation = { training: false } as const;
const labels = tensor(Int32Array.of(0, 2, 1, 2, 0));

/** x [5, 4] → dense → norm over six features → tanh → dense → three classes. */
function netWith(norm: Layer, mode: { readonly training: boolean }, x = random(1, [5, 4])) {
  const {
    norm: own,
    first,
    last,
    weights,
  } = made({ norm, first: new Dense({ in: 4, out: 6 }), last: new Dense({ in: 6, out: 3 }) });
  const outputs = () => last.forward(tanh(own.forward(first.forward(x), mode)));
  return { outputs, weights };
}

const norms: Readonly<Record<string, readonly [() => Layer, { readonly training: boolean }]>> = {
  LayerNorm: [() => new LayerNorm({ shape: 6 }), training],
  RmsNorm: [() => new RmsNorm({ shape: 6 }), training],
  GroupNorm: [() => new GroupNorm({ groups: 2, features: 6 }), training],
  "BatchNorm in evaluation": [() => new BatchNorm({ features: 6 }), evaluation], // in training its examples are coupled
};

/** What a method makes of v after one batch, at λ = 0.1. */
function directionOf<S extends StateTree>(
  method: CurvatureMethod<S>,
  block: Block,
  record: LayerRecord,
  v: Tensor,
): Tensor {
  const context = contextByHand(0.1, 0);
  const refreshed = refreshByHand(
    method,
    learnByHand(method, method.init(blockInfo(block), context), record, context),
    context,
  );
  const state = refineByHand(method, refreshed, record, context);
  const direction = directionByHand(method, state, denseGradient(block, v), context);
  return "block" in direction ? direction.dense() : direction;
}

/** (F + λI)⁻¹ v */
const solve = (F: Tensor, damping: number, v: Tensor): Tensor =>
  choleskySolve(cholesky(add(F, scale(eye(F.shape[0] as number, f64), damping))), v);

describe("the block of a norm's scale and shift", () => {
  for (const [name, [norm, mode]] of Object.entries(norms)) {
    for (const reduction of ["mean", "sum"] as const) {
      it(`is the GGN block, whatever the net: ${name}, ${reduction} loss`, () => {
        const { outputs, weights } = netWith(norm(), mode);
        const objective = { outputs, loss: softmaxCrossEntropy({ reduction }), targets: labels };
        const { matrix, block } = seenBy(kfacCurvature({ labels: "exact", norms: true }), objective, weights, "norm");
        const factor = reduction === "sum" ? 1 / 5 : 1; // the block of a mean loss is a mean over examples
        expect(matrix).toBeAllclose(scale(exactGgn(objective, weights, block), factor), tolerance);
        expect(block.parameters).toEqual(name === "RmsNorm" ? ["norm.gamma"] : ["norm.gamma", "norm.beta"]);
      });
    }
  }

  it.each(Object.keys(norms))("holds gradients of single examples, whose mean is the gradient: %s", (name) => {
    const [norm] = norms[name] as (typeof norms)[string];
    const images = random(2, [5, 6, 2, 3]);
    const isOfChannels = name === "GroupNorm" || name.startsWith("BatchNorm");
    const { norm: layer, head, weights } = made({ norm: norm(), head: new Dense({ in: 6, out: 3 }) });
    const x = isOfChannels ? images : random(2, [5, 4, 6]);
    const outputs = () => head.forward(tanh(mean(layer.forward(x, training), isOfChannels ? [2, 3] : [1])));
    const objective: Objective = { outputs, loss: softmaxCrossEntropy(), targets: labels };
    const { gradients, records } = valueAndGrad(objective, weights, {
      capture: { layers: true, inputs: true, outputGrads: "empirical", norms: true },
    });
    const rows = records.get("norm")?.rows("outputGrads", reductions.expand) as Tensor; // [5, γ and β] / √5
    expect(reshape(scale(sum(rows, 0), 1 / Math.sqrt(5)), [-1, 1])).toBeAllclose(
      gradients.get("norm")?.dense() as Tensor,
      tolerance,
    );
  });

  it("is preconditioned with exactly λ on it, by every method", () => {
    const { outputs, weights } = netWith(new LayerNorm({ shape: 6 }), training);
    const objective = { outputs, loss: softmaxCrossEntropy(), targets: labels };
    const { block, record } = seenBy(kfacCurvature({ norms: true }), objective, weights, "norm");
    const v = random(3, [12, 1]);
    const rows = record.rows("outputGrads", reductions.expand);
    const want = solve(matmul(transpose(rows), rows), 0.1, v);
    const own = { norms: true } as const;
    for (const got of [
      directionOf(kfacCurvature(own), block, record, v),
      directionOf(kfacCurvature({ ...own, inverse: "eigen" }), block, record, v),
      directionOf(skfacCurvature({ ...own, rank: null }), block, record, v),
      directionOf(ekfacCurvature(own), block, record, v),
    ]) {
      expect(got).toBeAllclose(want, { rtol: 1e-7 });
    }
  });

  it("is left alone, and nothing of it kept, where no method asks", () => {
    const { outputs, weights } = netWith(new LayerNorm({ shape: 6 }), training);
    const objective = { outputs, loss: softmaxCrossEntropy(), targets: labels };
    const capture = { layers: true, inputs: true, outputGrads: "empirical" } as const;
    const { gradients, records } = valueAndGrad(objective, weights, { capture });
    expect(records.has("norm")).toBe(false);
    expect(gradients.get("norm.gamma")?.block.isLayer).toBe(false);
  });
});

describe("the block of an embedding", () => {
  const targets = random(4, [6, 2]);
  /** Tokens [6, S] → rows of the table → sum over S → dense. */
  function netOf(tokens: Tensor) {
    const { table, last, weights } = made({
      table: new Embedding({ count: 5, features: 3 }),
      last: new Dense({ in: 3, out: 2 }),
    });
    return { weights, outputs: () => last.forward(sum(table.forward(tokens), 1)) };
  }

  it.each([1, 4])("is tokens ⊗ features, the GGN block of a linear net: %d tokens an example", (S) => {
    const tokens = tensor(
      Int32Array.from({ length: 6 * S }, (_, k) => (k * k + k) % 5),
      { shape: [6, S] },
    );
    const { outputs, weights } = netOf(tokens);
    for (const lossReduction of ["mean", "sum"] as const) {
      const objective = { outputs, loss: meanSquaredError({ reduction: lossReduction }), targets };
      const method = kfacCurvature({ labels: "exact", embeddings: true, reduction: "reduce" });
      const { matrix, G, block } = seenBy(method, objective, weights, "table");
      const factor = lossReduction === "sum" ? 1 / 6 : 1;
      expect(block.shape).toEqual([5, 3]);
      expect(G.shape).toEqual([5, 5]);
      expect(matrix).toBeAllclose(scale(exactGgn(objective, weights, block), factor), tolerance);
    }
  });

  it("is the other layer's where the table is tied to its weight", () => {
    const table = new Embedding({ count: 5, features: 3 });
    const { weights } = made({ table });
    const last = new Dense({ in: 3, out: 5, bias: false, weight: table });
    last.init({ rng: new Rng(0), name: "last", ...f64 });
    const tokens = tensor(Int32Array.of(0, 1, 2, 3, 4), { shape: [5] });
    const objective = {
      outputs: () => last.forward(table.forward(tokens)),
      loss: softmaxCrossEntropy(),
      targets: labels,
    };
    const capture = { layers: true, inputs: true, outputGrads: "empirical", embeddings: true } as const;
    const { records } = valueAndGrad(objective, weights, { capture });
    expect([...records.keys()]).toEqual(["last"]);
  });

  it("has the same direction through SKFAC's columns as through matrices of tokens", () => {
    const { outputs, weights } = netOf(tensor(Int32Array.of(0, 1, 2, 3, 4, 0), { shape: [6, 1] }));
    const own = { embeddings: true } as const;
    const { record, block } = seenBy(
      kfacCurvature(own),
      { outputs, loss: meanSquaredError(), targets },
      weights,
      "table",
    );
    const v = random(5, [5, 3]);
    const columns = directionOf(skfacCurvature({ ...own, rank: null, reduction: "expand" }), block, record, v);
    expect(columns).toBeAllclose(directionOf(kfacCurvature(own), block, record, v), { rtol: 1e-8 });
  });
});
