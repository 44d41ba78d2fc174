import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { cast } from "./cast.ts";
import { transpose } from "./permute.ts";

describe("cast", () => {
  it("converts values in any layout", () => {
    const x = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: "int32" },
    );
    expect(cast(transpose(x), "float64").dataSync()).toEqual(Float64Array.of(1, 3, 2, 4));
  });

  it("drops fractions towards 0, wraps around, and makes NaN 0", () => {
    const x = tensor([1.9, -1.9, 2 ** 31, Number.NaN, Infinity], { dtype: "float64" });
    expect(cast(x, "int32").dataSync()).toEqual(Int32Array.of(1, -1, -(2 ** 31), 0, 0));
  });

  it("rounds float64 to float32", () => {
    expect(cast(tensor(0.1, { dtype: "float64" }), "float32").itemSync()).toBe(Math.fround(0.1));
  });

  it("is the same value where the dtype is right already", () => {
    const x = tensor([1]);
    expect(cast(x, "float32").id).toBe(x.id);
  });
});
