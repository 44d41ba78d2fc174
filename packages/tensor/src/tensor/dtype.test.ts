import { describe, expect, it } from "vitest";
import { DtypeError } from "../errors.ts";
import { asFloat, bytesPerElement, type Dtype, dtypeOf, isFloat, isTypedArray, promote, typedArray } from "./dtype.ts";

const dtypes: readonly Dtype[] = ["float32", "float64", "int32"];

describe("typedArray", () => {
  it.each(dtypes)("makes arrays whose dtype is %s", (dtype) => {
    const array = typedArray(dtype, 3);
    expect(array).toHaveLength(3);
    expect(dtypeOf(array)).toBe(dtype);
    expect(array.BYTES_PER_ELEMENT).toBe(bytesPerElement[dtype]);
    expect(isTypedArray(array)).toBe(true);
  });

  it("knows no other arrays", () => {
    expect(isTypedArray(new Uint8Array(1))).toBe(false);
    expect(isTypedArray([1])).toBe(false);
  });
});

describe("promote", () => {
  it("joins whole numbers to either float", () => {
    expect(promote("f", [{ dtype: "int32" }, { dtype: "float32" }])).toBe("float32");
    expect(promote("f", [{ dtype: "float64" }, { dtype: "int32" }])).toBe("float64");
    expect(promote("f", [{ dtype: "int32" }, { dtype: "int32" }])).toBe("int32");
  });

  it("does not mix the floats", () => {
    expect(() => promote("f", [{ dtype: "float32" }, { dtype: "int32" }, { dtype: "float64" }])).toThrow(DtypeError);
  });
});

describe("asFloat", () => {
  it("gives float32 for int32 and leaves floats", () => {
    expect(dtypes.map(asFloat)).toEqual(["float32", "float64", "float32"]);
    expect(dtypes.map(isFloat)).toEqual([true, true, false]);
  });
});
