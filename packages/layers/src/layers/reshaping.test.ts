import { ShapeError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { evaluation, expectRightGradients, f64, random } from "../../testing/index.ts";
import { flatten, reshapeTo } from "./reshaping.ts";

describe("flatten", () => {
  it("lays an example in a row: channel, row, column", () => {
    expect(flatten().forward(f64([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]), evaluation)).toBeAllclose([[1, 2, 3, 4, 5, 6, 7, 8]]); // biome-ignore format: an image
    expectRightGradients(flatten(), random([2, 3, 2]));
  });

  it("makes one column of scalars, and takes an empty batch", () => {
    expect(flatten().forward(random([3]), evaluation).shape).toEqual([3, 1]);
    expect(flatten().forward(random([0, 2, 3]), evaluation).shape).toEqual([0, 6]);
  });
});

describe("reshapeTo", () => {
  it("reshapes each example", () => {
    expect(reshapeTo([2, -1]).forward(random([5, 6]), evaluation).shape).toEqual([5, 2, 3]);
    expect(() => reshapeTo([4]).forward(random([5, 6]), evaluation)).toThrow(ShapeError);
  });
});
