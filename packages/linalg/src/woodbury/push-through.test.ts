import { matmul, mul, normal, Rng, scale, sum, type Tensor, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { pushThrough } from "./push-through.ts";
import { secondMoment } from "./second-moment.ts";
import { woodbury, woodburyApply, woodburyApplyToRows } from "./woodbury.ts";

const [B, o, i, factor] = [4, 6, 9, 0.3];
const random = (seed: number, columns: number): Tensor => normal(new Rng(seed), [B, columns], { dtype: "float64" });
const product = (rows: { g: Tensor; a: Tensor; scale: number }) => scale(matmul(transpose(rows.g), rows.a), rows.scale);

describe("pushThrough", () => {
  for (const forms of [
    ["dual", "dual"],
    ["dual", "primal"],
    ["primal", "dual"],
    ["primal", "primal"],
  ] as const) {
    it(`is both inverses applied to the product, whatever the rows were divided by: G ${forms[0]}, A ${forms[1]}`, () => {
      for (const [width, length] of [
        [o, i],
        [i, o],
      ] as const) {
        // biome-ignore format: two shapes
        const rows = { g: random(1, width), a: random(2, length), scale: factor };
        const G = woodbury(secondMoment(scale(rows.g, 1 / 3), forms[0]), 0.2);
        const A = woodbury(secondMoment(scale(rows.a, 1 / 7), forms[1]), 0.05);
        const got = pushThrough(G, A, rows);
        expect(product(got)).toBeAllclose(woodburyApply(G, woodburyApplyToRows(A, product(rows))), { rtol: 1e-11 });
      }
    });
  }

  it("gives the inner product with the product itself where both sides are dual, and only there", () => {
    const rows = { g: random(1, o), a: random(2, i), scale: factor };
    const sides = (form: "dual" | "primal") => [
      woodbury(secondMoment(scale(rows.g, 1 / 3), "dual"), 0.2),
      woodbury(secondMoment(scale(rows.a, 1 / 7), form), 0.05),
    ] as const; // biome-ignore format: two sides
    const got = pushThrough(...sides("dual"), rows);
    const inner = sum(mul(product(got), product(rows)));
    expect(scale(got.overlap as Tensor, (factor * 3 * 7) ** 2)).toBeAllclose(inner, { rtol: 1e-11 });
    expect(pushThrough(...sides("primal"), rows).overlap).toBeUndefined();
  });
});
