import { describe, expect, it } from "vitest";
import { DtypeError, UsageError } from "../errors.ts";
import { assertIndices, checkIndex } from "./indices.ts";

describe("assertIndices", () => {
  it("takes int32 and says how to get there", () => {
    assertIndices("f", { shape: [2], dtype: "int32" });
    expect(() => assertIndices("f", { shape: [2], dtype: "float32" })).toThrow(DtypeError);
    expect(() => assertIndices("f", { shape: [2], dtype: "float32" })).toThrow('Use cast(x, "int32").');
  });
});

describe("checkIndex", () => {
  it("takes 0 … count−1 and carries position, value and count", () => {
    checkIndex("f", 0, 0, 1);
    try {
      checkIndex("f", 5, 3, 5);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).details).toEqual({ index: 5, position: 3, count: 5 });
    }
  });
});
