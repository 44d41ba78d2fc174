import { describe, expect, it } from "vitest";
import { DtypeError, UsageError } from "../errors.ts";
import { tensor } from "../tensor/create.ts";
import { withDefaults } from "../tensor/defaults.ts";
import { oneHot } from "./one-hot.ts";

const labels = tensor(Int32Array.of(2, 0));

describe("oneHot", () => {
  it("is 1 at the label", () => {
    expect(oneHot(labels, 3).dataSync()).toEqual(Float32Array.of(0, 0, 1, 1, 0, 0));
    expect(oneHot(tensor(1, { dtype: "int32" }), 2).shape).toEqual([2]);
  });

  it("takes a dtype, else the ambient one", () => {
    expect(oneHot(labels, 3, { dtype: "int32" }).dtype).toBe("int32");
    expect(withDefaults({ dtype: "float64" }, () => oneHot(labels, 3)).dtype).toBe("float64");
  });

  it("refuses labels out of range and labels that are not int32", () => {
    expect(() => oneHot(labels, 2)).toThrow(UsageError);
    expect(() => oneHot(labels, 2)).toThrow("oneHot: index at position 0 is out of range (expected 0 … 1, got 2).");
    expect(() => oneHot(tensor([1]), 2)).toThrow(DtypeError);
  });
});
