/** Several losses in one step, each scaled by its own rows. */

import { ggnvp, type LossesObjective, recordLayer, reductions, valueAndGradOfLosses } from "@kronograd/autograd";
import { binaryCrossEntropyWithLogits, meanSquaredError, softmaxCrossEntropy } from "@kronograd/layers";
import { kronecker, toDense } from "@kronograd/linalg";
import {
  add,
  concat,
  linear,
  normal,
  Rng,
  reshape,
  type Shape,
  scale,
  slice,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";

const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, { dtype: "float64" });
const tolerance = { rtol: 1e-9, atol: 1e-12 };
const [N, M, D, C] = [6, 4, 3, 2];
const parameters = { shared: random(1, [D, D]), a: random(2, [C, D]), b: random(3, [C, D]) };
const x = random(4, [N, D]);
const regions = random(5, [M, D]);

function layer(name: keyof typeof parameters, input: Tensor): Tensor {
  const output = linear(input, parameters[name], null);
  recordLayer({ name, weight: parameters[name], bias: null, input, output, geometry: { kind: "dense" } });
  return output;
}

/** The exact block of one parameter in the sum of the losses. */
function exact({ outputs, terms }: LossesObjective, name: keyof typeof parameters): Tensor {
  const { shape, size } = parameters[name];
  const unit = (i: number) =>
    tensor(
      Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)),
      { shape },
    );
  const block = { [name]: parameters[name] };
  const columns = Array.from({ length: size }, (_, i) =>
    terms
      .map(({ loss, targets, weights, factor = 1 }, k) => {
        const rows = loss.rows(targets, weights);
        const value = (y: Tensor) => loss.value(y, targets, rows);
        const product = ggnvp(() => outputs()[k] as Tensor, value, block, { [name]: unit(i) });
        return scale(product[name] as Tensor, factor);
      })
      .reduce(add),
  );
  return concat(columns.map((column) => reshape(column, [1, size])));
}
function kfac(objective: LossesObjective, name: keyof typeof parameters): Tensor {
  const capture = { inputs: true, outputGrads: "exact" } as const;
  const record = valueAndGradOfLosses(objective, parameters, { capture, rng: new Rng(0) }).records.get(name)!;
  const [A, G] = (["inputs", "outputGrads"] as const).map((side) => record.secondMoment(side, reductions.expand));
  return toDense(kronecker(G as Tensor, A as Tensor));
}

const mse = meanSquaredError();

describe("valueAndGradOfLosses", () => {
  it("is the sum of the losses by their factors, with its gradients", () => {
    const objective: LossesObjective = {
      outputs: () => [layer("a", layer("shared", x)), layer("b", regions)],
      terms: [
        { loss: mse, targets: random(6, [N, C]) },
        { loss: softmaxCrossEntropy(), targets: tensor(Int32Array.of(0, 1, 1, 0)), factor: 3 },
      ],
    };
    const { value, values, gradients } = valueAndGradOfLosses(objective, parameters);
    expect(value.itemSync()).toBeCloseTo(values[0]!.itemSync() + 3 * values[1]!.itemSync(), 12);
    const alone = valueAndGradOfLosses(
      { outputs: () => [layer("b", regions)], terms: [objective.terms[1]!] },
      parameters,
    );
    expect(gradients.get("b")!.dense()).toBeAllclose(alone.gradients.get("b")!.dense(), tolerance);
  });

  it("scales each layer by the rows of its own loss: exact blocks for heads of 6 and 4 rows", () => {
    const objective: LossesObjective = {
      outputs: () => [layer("a", layer("shared", x)), layer("b", regions)],
      terms: [
        { loss: mse, targets: random(6, [N, C]) },
        { loss: mse, targets: random(7, [M, C]), factor: 0.3 },
      ],
    };
    for (const name of ["shared", "a", "b"] as const)
      expect(kfac(objective, name)).toBeAllclose(exact(objective, name), tolerance);
  });

  it("adds the columns of the losses that meet in a layer: exact where their examples count alike", () => {
    const objective = (weights?: Tensor): LossesObjective => ({
      outputs: () => {
        const h = layer("shared", x);
        return [layer("a", h), layer("b", h)];
      },
      terms: [
        { loss: mse, targets: random(6, [N, C]), weights },
        { loss: meanSquaredError({ per: "example" }), targets: random(7, [N, C]), weights, factor: 2 },
      ],
    });
    for (const own of [objective(), objective(tensor(Float64Array.of(1, 0, 2, 0.5, 0, 1)))])
      expect(kfac(own, "shared")).toBeAllclose(exact(own, "shared"), tolerance);
  });

  it("keeps a loss that masks examples apart from one that does not: no row of weight 0 in both is seen", () => {
    const mask = tensor(Float64Array.of(1, 1, 1, 0, 0, 0));
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    const on = (input: Tensor, rows: number) => {
      const own = slice(mask, [[0, rows]]);
      const objective: LossesObjective = {
        outputs: () => {
          const h = layer("shared", input);
          return [layer("a", h), layer("b", h)];
        },
        terms: [
          { loss: mse, targets: slice(random(6, [N, C]), [[0, rows]]), weights: own },
          { loss: binaryCrossEntropyWithLogits(), targets: slice(random(7, [N, C]), [[0, rows]]), weights: own },
        ],
      };
      const record = valueAndGradOfLosses(objective, parameters, { capture }).records.get("shared")!;
      return (["inputs", "outputGrads"] as const).map((side) => record.secondMoment(side, reductions.expand));
    };
    const [whole, half] = [on(x, N), on(slice(x, [[0, 3]]), 3)];
    expect(whole[0]).toBeAllclose(half[0]!, tolerance);
    expect(whole[1]).toBeAllclose(half[1]!, tolerance);
  });

  it("refuses a layer whose losses have other examples, and losses without an output", () => {
    const targets = random(6, [N, C]);
    const terms = [
      { loss: mse, targets },
      { loss: mse, targets: slice(targets, [[0, 3]]) },
    ];
    const outputs = () => {
      const h = layer("shared", x);
      return [layer("a", h), slice(layer("b", h), [[0, 3]])];
    };
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    expect(() => valueAndGradOfLosses({ outputs, terms }, parameters, { capture })).toThrow(
      /shared: the losses that it serves/,
    );
    expect(() => valueAndGradOfLosses({ outputs: () => [], terms }, parameters)).toThrow(/one output for each loss/);
  });
});
