import { describe, expect, it } from "vitest";
import { axesWalk, broadcastWalk, joinAxes, otherAxes } from "./walk.ts";

describe("walks", () => {
  it("join axes that all operands cross in equal steps, and drop those of size 1", () => {
    expect(joinAxes([2, 1, 3, 4], [[12, 99, 4, 1]])).toEqual({ counts: [24], strides: [[1]] });
    expect(
      joinAxes(
        [2, 3],
        [
          [3, 1],
          [1, 2],
        ],
      ),
    ).toEqual({
      counts: [2, 3],
      strides: [
        [3, 1],
        [1, 2],
      ],
    });
  });

  it("give a row that broadcasts stride 0", () => {
    const row = { shape: [3], strides: [1], offset: 0 };
    const full = { shape: [2, 3], strides: [3, 1], offset: 0 };
    expect(broadcastWalk([2, 3], [full, row])).toEqual({
      counts: [2, 3],
      strides: [
        [3, 1],
        [0, 1],
      ],
    });
    expect(broadcastWalk([2, 3], [full, full])).toEqual({ counts: [6], strides: [[1], [1]] });
  });

  it("of some axes leave the others to another walk", () => {
    const x = { shape: [2, 3, 4], strides: [12, 4, 1], offset: 5 };
    expect(axesWalk([x], [1])).toEqual({ counts: [3], strides: [[4]] });
    expect(otherAxes(x.shape, [1])).toEqual([0, 2]);
  });
});
