/** Weights that are read transposed: tied heads, decoders with their encoder's weight. */

import { type LossObjective, perExample, recordLayer, transposedWeight, valueAndGrad } from "@kronograd/autograd";
import { Embedding, meanSquaredError, model, parameters, softmaxCrossEntropy } from "@kronograd/layers";
import { kfacCurvature } from "@kronograd/optimizers";
import { exactGgn, seenBy } from "@kronograd/suites/exact";
import { linear, matmul, normal, Rng, reshape, type Shape, scale, slice, type Tensor, tanh, tensor, transpose } from "@kronograd/tensor"; // biome-ignore format: imports
import { describe, expect, it } from "vitest";

const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, { dtype: "float64" });
const tolerance = { rtol: 1e-9, atol: 1e-12 };
const [N, S, D, H] = [5, 3, 4, 2];
const W = random(1, [H, D]);

function dense(name: string, input: Tensor, weight: Tensor): Tensor {
  const output = linear(input, weight, null);
  recordLayer({ name, weight, bias: null, input, output, geometry: { kind: "dense" } });
  return output;
}
function transposed(name: string, input: Tensor, weight: Tensor): Tensor {
  const output = matmul(input, weight);
  recordLayer({ name, weight, bias: null, input, output, geometry: { kind: "dense" }, view: transposedWeight });
  return output;
}

describe("a weight that is read transposed", () => {
  it("has the exact block where K-FAC is exact: deep linear nets, with positions, masked too", () => {
    const x = random(2, [N, S, H]);
    const last = random(3, [D, D]);
    const mask = tensor(
      Float64Array.from({ length: N * S }, (_, i) => (i % 4 === 0 ? 0 : 1)),
      { shape: [N, S] },
    );
    const objective = {
      outputs: () => dense("last", transposed("tied", x, W), last),
      loss: meanSquaredError(),
      targets: random(4, [N, S, D]),
    };
    for (const own of [objective, { ...objective, weights: mask }] satisfies LossObjective[]) {
      const { matrix, block } = seenBy(kfacCurvature({ labels: "exact" }), own, { W, last }, "tied");
      expect(matrix).toBeAllclose(exactGgn(own, { W, last }, block), tolerance);
    }
  });

  it("joins the block of its parameter: single examples' gradients are those of both uses", () => {
    const x = random(2, [N, D]);
    const outputs = (rows: Tensor) => transposed("decoder", tanh(dense("encoder", rows, W)), W);
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    const loss = meanSquaredError();
    const { records, gradients } = valueAndGrad({ outputs: () => outputs(x), loss, targets: x }, { W }, { capture });
    expect([...records.keys()]).toEqual(["encoder"]);
    const { inputs, outputGrads } = perExample(records.get("encoder")!);
    const g = reshape(outputGrads, [N, -1, H]);
    for (let n = 0; n < N; n++) {
      const row = (t: Tensor) => slice(t, [[n, n + 1]]);
      const single = valueAndGrad({ outputs: () => outputs(row(x)), loss, targets: row(x) }, { W });
      const own = matmul(transpose(reshape(row(g), [-1, H])), reshape(row(inputs), [-1, D]));
      expect(own).toBeAllclose(single.gradients.get("W")!.dense(), tolerance);
    }
    expect(gradients.get("encoder")!.block.parameters).toEqual(["W"]);
  });

  it("gives factors of both uses that follow the scale of the loss", () => {
    const x = random(2, [N, D]);
    const outputs = () => transposed("decoder", tanh(dense("encoder", x, W)), W);
    const seen = (factor: number) => {
      const loss = meanSquaredError({ factor });
      return seenBy(kfacCurvature({ labels: "exact" }), { outputs, loss, targets: x }, { W }, "encoder").matrix;
    };
    expect(seen(100)).toBeAllclose(scale(seen(1), 100), tolerance);
  });

  it("is refused where a transpose was recorded, which would vanish from curvature", () => {
    const x = random(2, [N, H]);
    const outputs = () => dense("head", x, transpose(W));
    const objective = { outputs, loss: meanSquaredError(), targets: random(3, [N, D]) };
    expect(() => valueAndGrad(objective, { W }, { capture: { layers: true } })).toThrow(
      /head: the weight that it records is made of a parameter.*transposedWeight/s,
    );
    expect(() => valueAndGrad(objective, {}, { capture: { layers: true } })).not.toThrow(); // a frozen weight
  });

  it("is a head tied to a table of tokens, with the table's uses in one block", () => {
    const table = new Embedding({ count: 7, features: D });
    const net = model({ table }, (x, layers) => dense("head", layers.table(x), table.weight), { rng: new Rng(0) });
    const tokens = tensor(Int32Array.of(1, 2, 6));
    const objective = {
      outputs: () => net.forward(tokens, { training: true }),
      loss: softmaxCrossEntropy(),
      targets: tokens,
    };
    const capture = { inputs: true, outputGrads: "empirical", embeddings: true } as const;
    const { gradients } = valueAndGrad(objective, parameters(net), { capture });
    expect([...gradients.keys()]).toEqual(["head"]);
  });
});

describe("two records of one name", () => {
  it("a layer named like another parameter is refused: one gradient would hide the other", () => {
    const [v, x] = [random(5, [2]), random(2, [N, D])];
    const objective = { outputs: () => dense("other", x, W), loss: meanSquaredError(), targets: random(3, [N, H]) };
    expect(() => valueAndGrad(objective, { W, other: v }, { capture: { layers: true } })).toThrow(
      /two blocks are named "other"/,
    );
  });
});
