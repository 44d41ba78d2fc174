import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { expandDims, squeeze } from "./expand-squeeze.ts";
import { transpose } from "./permute.ts";

describe("expandDims", () => {
  it("inserts an axis anywhere, without a copy", () => {
    const x = ones([2, 3]);
    expect([0, 1, 2, -1, -3].map((axis) => expandDims(x, axis).shape)).toEqual([
      [1, 2, 3],
      [2, 1, 3],
      [2, 3, 1],
      [2, 3, 1],
      [1, 2, 3],
    ]);
    expect(expandDims(transpose(x), 1).storage).toBe(x.storage);
    expect(expandDims(tensor(4), 0).shape).toEqual([1]);
    expect(() => expandDims(x, 3)).toThrow(UsageError);
  });
});

describe("squeeze", () => {
  it("drops all or some axes of size 1, without a copy", () => {
    const x = ones([1, 2, 1, 3]);
    expect(squeeze(x).shape).toEqual([2, 3]);
    expect(squeeze(x, -2).shape).toEqual([1, 2, 3]);
    expect(squeeze(transpose(x)).storage).toBe(x.storage);
  });

  it("refuses an axis of another size", () => {
    expect(() => squeeze(ones([1, 2]), 1)).toThrow(ShapeError);
    expect(() => squeeze(ones([1, 2]), [0, 1])).toThrow("squeeze: axis 1 does not have size 1 (got [1, 2]).");
  });
});
