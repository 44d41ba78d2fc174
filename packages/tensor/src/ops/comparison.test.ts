import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { equal, finite, greater, greaterEqual, less, lessEqual, notEqual, where } from "./comparison.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const x = tensor([1, 2, Number.NaN, Number.NaN]);
const y = tensor([2, 2, 2, Number.NaN]);

describe("comparisons", () => {
  it("are int32 truth values, false with NaN, but for notEqual", () => {
    expect(greater(x, y).dtype).toBe("int32");
    expect(values(greater(y, x))).toEqual([1, 0, 0, 0]);
    expect(values(greaterEqual(y, x))).toEqual([1, 1, 0, 0]);
    expect(values(less(x, y))).toEqual([1, 0, 0, 0]);
    expect(values(lessEqual(x, y))).toEqual([1, 1, 0, 0]);
    expect(values(equal(x, y))).toEqual([0, 1, 0, 0]);
    expect(values(notEqual(x, y))).toEqual([1, 0, 1, 1]);
    expect(notEqual(x, y).dtype).toBe("int32");
  });

  it("take numbers", () => {
    expect(values(less(x, 2))).toEqual([1, 0, 0, 0]);
  });
});

describe("finite", () => {
  it("is false for NaN and infinities", () => {
    expect(values(finite(tensor([0, -1e38, Infinity, -Infinity, Number.NaN])))).toEqual([1, 1, 0, 0, 0]);
    expect(finite(tensor([1])).dtype).toBe("int32");
  });
});

describe("where", () => {
  it("chooses by condition, without reading the other side", () => {
    expect(values(where(tensor([1, 0], { dtype: "int32" }), tensor([1, Number.NaN]), tensor([Number.NaN, 2])))).toEqual(
      [1, 2],
    );
  });

  it("broadcasts, and gives numbers the dtype of the float beside them", () => {
    const wide = where(tensor([[1], [0]], { dtype: "int32" }), tensor([1, 2], { dtype: "float64" }), -Infinity);
    expect(wide.dtype).toBe("float64");
    expect(values(wide)).toEqual([1, 2, -Infinity, -Infinity]);
    expect(where(tensor([1], { dtype: "int32" }), 1, 2).dtype).toBe("int32");
  });
});
