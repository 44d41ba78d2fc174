import { describe, expect, it } from "vitest";
import { allOf, isFloat32 } from "./operands.ts";

const [narrow, wide] = [{ dtype: "float32" }, { dtype: "float64" }] as const;

describe("allOf", () => {
  it("asks every operand, and passes over a bias that is not there", () => {
    expect(allOf("float64", [wide, undefined])).toBe(true);
    expect(allOf("float64", [wide, narrow])).toBe(false);
    expect([isFloat32(narrow, narrow), isFloat32(narrow, wide)]).toEqual([true, false]);
  });
});
