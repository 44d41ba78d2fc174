import { describe, expect, it } from "vitest";
import { ones, tensor } from "../tensor/create.ts";
import { countNonFinite } from "./count-non-finite.ts";
import { broadcastTo } from "./sum-broadcast.ts";

describe("countNonFinite", () => {
  it("counts NaN and infinities over several tensors", () => {
    const count = countNonFinite(tensor([1, Number.NaN, Infinity]), tensor(-Infinity), ones([3]));
    expect([count.dtype, count.itemSync()]).toEqual(["int32", 3]);
  });

  it("is 0 for large but finite numbers, whole numbers and nothing", () => {
    expect(countNonFinite(tensor([3e38, -1e-40]), tensor([1], { dtype: "int32" }), ones([0])).itemSync()).toBe(0);
  });

  it("counts across chunks and in views", () => {
    expect(countNonFinite(broadcastTo(tensor([1, Number.NaN]), [3000, 2])).itemSync()).toBe(3000);
  });
});
