/** Parts of a batch divide by the whole step's weights, so their values, gradients and factors add up. */

import { type LayerRecord, type LossObjective, recordLayer, reductions, valueAndGrad } from "@kronograd/autograd";
import { Dense, Embedding, meanSquaredError, model, parameters, softmaxCrossEntropy } from "@kronograd/layers";
import { someExamples } from "@kronograd/optimizers";
import { add, linear, normal, Rng, type Shape, slice, sub, sum, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";

const f64 = { dtype: "float64" } as const;
const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, f64);
const [N, S, D, C] = [6, 3, 4, 2];
const weights = { w: random(2, [C, D]) };
const [x, y, loss] = [random(4, [N, S, D]), random(5, [N, S, C]), meanSquaredError()];
const masks: Record<string, Tensor | undefined> = {
  "no weights": undefined,
  "weights of examples": tensor(Float64Array.of(1, 0, 2, 0.5, 0, 1)),
  "masked positions": tensor(
    Float64Array.from({ length: N * S }, (_, i) => (i * i) % 3),
    { shape: [N, S] },
  ),
};
const tolerance = { rtol: 1e-12, atol: 1e-14 };

function objectiveOn(from: number, to: number, mask: Tensor | undefined): LossObjective {
  const rows = (t: Tensor) => slice(t, [[from, to]]);
  const outputs = () => {
    const input = rows(x);
    const output = linear(input, weights.w, null);
    recordLayer({ name: "w", weight: weights.w, bias: null, input, output, geometry: { kind: "dense" } });
    return output;
  };
  return { outputs, loss, targets: rows(y), rows: loss.rows(y, mask).part(from, to) };
}
function seenOn(from: number, to: number, mask: Tensor | undefined, labels: "empirical" | "exact") {
  const capture = { inputs: true, outputGrads: labels } as const;
  const { value, gradients, records } = valueAndGrad(objectiveOn(from, to, mask), weights, { capture });
  return { value, gradient: gradients.get("w")!.dense(), record: records.get("w")! };
}

describe("parts of a batch", () => {
  for (const [name, mask] of Object.entries(masks)) {
    for (const labels of ["empirical", "exact"] as const) {
      it(`add up to the batch: ${name}, ${labels} labels`, () => {
        const [whole, a, b] = [[0, N], [0, 1], [1, N]].map(([from, to]) => seenOn(from!, to!, mask, labels)); // biome-ignore format: one line
        expect(add(a!.value, b!.value)).toBeAllclose(whole!.value, tolerance);
        expect(add(a!.gradient, b!.gradient)).toBeAllclose(whole!.gradient, tolerance);
        for (const reduction of Object.values(reductions)) {
          for (const side of ["inputs", "outputGrads"] as const) {
            const of = ({ record }: { record: LayerRecord }) => record.secondMoment(side, reduction, { bias: false });
            expect(add(of(a!), of(b!))).toBeAllclose(of(whole!), tolerance);
          }
        }
      });
    }

    it(`show windows of the step that add up to the batch's window: ${name}`, () => {
      const [whole, a, b] = [[0, N], [0, 2], [2, N]].map(([from, to]) => seenOn(from!, to!, mask, "empirical")); // biome-ignore format: one line
      const of = (record: LayerRecord | undefined) => record!.secondMoment("outputGrads", reductions.expand);
      const window = someExamples(4);
      const parts = [window(a!.record, 2, { from: 0, total: N }), window(b!.record, 2, { from: 2, total: N })]; // rows 2 … 5
      expect(parts[0]).toBeUndefined();
      expect(of(parts[1])).toBeAllclose(of(window(whole!.record, 2)), tolerance);
      const [p, q] = [window(a!.record, 1, { from: 0, total: N }), window(b!.record, 1, { from: 2, total: N })]; // rows 4, 5, 0, 1
      expect(add(of(p), of(q))).toBeAllclose(of(window(whole!.record, 1)), tolerance);
    });
  }
});

describe("a window of examples", () => {
  it("is as good for a table of tokens as for a dense layer: label columns are no examples", () => {
    const net = model(
      { table: new Embedding({ count: 9, features: 6 }), head: new Dense({ in: 6, out: 8 }) },
      (tokens, { table, head }) => head(sum(table(tokens), 1)),
      { rng: new Rng(0), ...f64 },
    );
    const rng = new Rng(2);
    const draw = (count: number, below: number) => Int32Array.from({ length: count }, () => rng.integer(below));
    const tokens = tensor(draw(64 * 5, 9), { shape: [64, 5] });
    const objective = {
      outputs: () => net.forward(tokens, { training: true }),
      loss: softmaxCrossEntropy(),
      targets: tensor(draw(64, 8)),
    };
    const capture = { inputs: true, outputGrads: "exact", embeddings: true } as const;
    const { records } = valueAndGrad(objective, parameters(net), { capture });
    const squares = (t: Tensor) => [...t.dataSync()].reduce((total, value) => total + value ** 2, 0);
    const spread = (name: string, side: "inputs" | "outputGrads") => {
      const of = (record: LayerRecord) => record.secondMoment(side, reductions.reduce);
      const whole = of(records.get(name)!);
      const looks = [0, 1, 2, 3].map((look) => squares(sub(of(someExamples(16)(records.get(name)!, look)!), whole)));
      return Math.sqrt(looks.reduce((a, b) => a + b) / looks.length / squares(whole));
    };
    expect(records.get("table")?.examples).toBe(64);
    expect(spread("table", "inputs")).toBeLessThan(2 * spread("head", "outputGrads"));
  });
});
