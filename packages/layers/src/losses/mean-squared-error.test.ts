import { Rng, ShapeError, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, random } from "../../testing/index.ts";
import { expectExactColumns, expectRandomColumns, expectRightDerivatives } from "../../testing/losses.ts";
import { meanSquaredError, mse } from "./mean-squared-error.ts";

const [outputs, targets] = [f64([[1, 2], [3, 4]]), f64([[0, 0], [0, 0]])]; // biome-ignore format: matrices
const half = meanSquaredError({ per: "example", factor: 0.5 });
const variants = [mse(), mse({ reduction: "sum" }), half, mse({ reduction: "sum", factor: 0.5 })];

describe("meanSquaredError", () => {
  it("is the mean over all elements, their sum, or ½‖f − y‖² averaged over examples", () => {
    expect(variants.map((loss) => loss.value(outputs, targets).itemSync())).toEqual([7.5, 30, 7.5, 15]);
    expect(half.value(random([2, 5]), random([2, 5], 2)).itemSync()).toBeCloseTo(
      2.5 *
        mse()
          .value(random([2, 5]), random([2, 5], 2))
          .itemSync(),
      12,
    );
  });

  it("has lossScale N for a mean over N examples, 1 for a sum", () => {
    expect(mse().rows(outputs).lossScale(mse())).toBe(2);
    expect(
      mse({ reduction: "sum" })
        .rows(outputs)
        .lossScale(mse({ reduction: "sum" })),
    ).toBe(1);
  });

  it("has right derivatives, and a Hessian product in closed form", () => {
    for (const loss of variants) {
      expectRightDerivatives(loss, random([3, 2]), random([3, 2], 2));
      expectRightDerivatives(loss, random([2, 3, 2]), random([2, 3, 2], 2));
    }
  });

  it("has exact label columns √(2/(C S)) e_k, whose second moment is the Hessian", () => {
    const columns = [...mse().labelColumns("exact", random([1, 2, 3]), random([1, 2, 3]), new Rng(0))];
    expect(columns.length).toBe(6);
    expect(columns[1]).toBeAllclose([[[0, Math.sqrt(2 / 6), 0], [0, 0, 0]]]); // biome-ignore format: two positions
    for (const loss of variants) expectExactColumns(loss, random([3, 2, 2]), random([3, 2, 2], 2));
  });

  it("has sampled and random-sign columns whose second moment approaches the Hessian", () => {
    for (const loss of variants) {
      for (const source of ["sampled", "randomSign"] as const)
        expectRandomColumns(loss, source, random([1, 2, 2]), random([1, 2, 2]));
    }
  });

  it("refuses targets of another shape, even where they broadcast, and unknown reductions", () => {
    expect(() => mse().value(random([4, 1]), random([4]))).toThrow(ShapeError);
    expect(() => mse({ reduction: "none" as never })).toThrow(UsageError);
  });
});
