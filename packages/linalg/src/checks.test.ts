import { DtypeError, ShapeError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { matrixSize, sameSize, squareSize } from "./checks.ts";

describe("matrixSize and squareSize", () => {
  it("give the sizes of a float matrix", () => {
    expect(matrixSize("op", "A", { shape: [2, 3], dtype: "float32" })).toEqual([2, 3]);
    expect(squareSize("op", "A", { shape: [2, 2], dtype: "float64" })).toBe(2);
  });

  it("refuse other ranks, integers and rectangles with the argument's name", () => {
    expect(() => matrixSize("op", "A", { shape: [2], dtype: "float32" })).toThrow(ShapeError);
    expect(() => matrixSize("op", "A", { shape: [2, 2], dtype: "int32" })).toThrow(DtypeError);
    expect(() => squareSize("op", "A", { shape: [2, 3], dtype: "float32" })).toThrow(
      "op: A must be square (expected [n, n], got [2, 3]).",
    );
  });
});

describe("sameSize", () => {
  it("throws ShapeError with both sizes when they differ", () => {
    expect(() => sameSize("op", "rows of B and of A", 2, 3)).toThrow(
      "op: rows of B and of A differ (expected 2, got 3).",
    );
    expect(() => sameSize("op", "rows of B and of A", 2, 2)).not.toThrow();
  });
});
