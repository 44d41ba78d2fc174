import { describe, expect, it } from "vitest";
import { load, store } from "./chunk.ts";

describe.each([Float32Array, Float64Array, Int32Array])("load and store with %o", (Kind) => {
  it("move values between an array and a register", () => {
    const register = new Float64Array(6).fill(-1);
    load(register, Kind.from([0, 1, 2, 3, 4, 5]), 1, 2);
    expect(Array.from(register)).toEqual([1, 2, -1, -1, -1, -1]);
    load(register, Kind.from([0, 1, 2, 3, 4, 5]), 5, 3, -2, 2);
    expect(Array.from(register)).toEqual([1, 2, 5, 3, 1, -1]);
    const target = Kind.from([9, 9, 9, 9]);
    store(target, 1, register, 2);
    expect(Array.from(target)).toEqual([9, 1, 2, 9]);
  });
});
