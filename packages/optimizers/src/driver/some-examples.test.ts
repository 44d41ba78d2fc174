import { type LayerRecord, layerRecord, reductions, valueAndGrad } from "@kronograd/autograd";
import { tinyMlp } from "@kronograd/suites";
import { add, normal, Rng, type Shape, scale, type Tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { kfac } from "../catalog/kfac.ts";
import { skfac } from "../catalog/skfac.ts";
import { someExamples } from "./some-examples.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const geometry = {
  kind: "conv2d",
  kernel: [2, 2],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
} as const;
const use = { input: random(1, [6, 2, 3, 3]), outputGrads: [random(2, [6, 4, 2, 2])] };
const record = layerRecord({ name: "conv", geometry, hasBias: true, labels: "empirical", uses: [use] });

describe("someExamples", () => {
  it("is the whole batch where no more examples are wanted than there are", () => {
    expect(someExamples(6)(record, 3)).toBe(record);
    expect(someExamples(100)(record, 0)).toBe(record);
  });

  for (const side of ["inputs", "outputGrads"] as const) {
    for (const reduction of ["reduce", "expand", "subsample"] as const) {
      for (const count of [1, 2, 4]) {
        it(`is unbiased: the mean factor over the subsets is the batch's, b = ${count}, ${side}, ${reduction}`, () => {
          const moments = Array.from({ length: 6 }, (_, look) =>
            (someExamples(count)(record, look) as LayerRecord).secondMoment(side, reductions[reduction]),
          );
          expect(scale(moments.reduce(add), 1 / 6)).toBeAllclose(record.secondMoment(side, reductions[reduction]));
          expect(moments[0]).not.toBeAllclose(moments[1] as Tensor);
        });
      }
    }
  }

  it("gives rows of b examples alone", () => {
    expect(someExamples(2)(record, 0)?.rows("inputs", reductions.reduce).shape).toEqual([2, 9]);
    expect(someExamples(2)(record, 0)?.rows("outputGrads", reductions.expand).shape).toEqual([8, 4]);
  });
});

describe("examplesPerBatch", () => {
  /** Directions after three steps on one batch of 12 examples. */
  const directions = (optimizer: ReturnType<typeof kfac>) => {
    const { objective, parameters } = tinyMlp({ dtype: "float64" });
    return [0, 1, 2].map((step) => {
      const { gradients, records } = valueAndGrad(objective, parameters, { capture: optimizer.needs(step) });
      const updates = optimizer.update(gradients, { parameters, records, step });
      return [...updates.values()].flatMap((update) => [...update.dense().dataSync()]);
    });
  };
  for (const [name, make] of Object.entries({ kfac, skfac })) {
    it(`changes nothing where b = B, and something where b < B: ${name}`, () => {
      const whole = directions(make({ refreshEvery: 1 }));
      expect(directions(make({ refreshEvery: 1, examplesPerBatch: 12 }))).toEqual(whole);
      const some = directions(make({ refreshEvery: 1, examplesPerBatch: 4 }));
      expect(some).not.toEqual(whole);
      expect(some.flat().every(Number.isFinite)).toBe(true);
    });
  }
});
