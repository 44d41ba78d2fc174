import { describe, expect, it } from "vitest";
import { axesWalk, broadcastWalk, inFours, joined, otherAxes } from "./layout.ts";

describe("walks", () => {
  it("join axes that all operands cross in equal steps, and drop those of size 1", () => {
    expect(joined([2, 1, 3, 4], [[12, 99, 4, 1]])).toEqual({ counts: [24], strides: [[1]] });
    expect(
      joined(
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
    expect(axesWalk(x, [1])).toEqual({ counts: [3], strides: [[4]] });
    expect(otherAxes(x.shape, [1])).toEqual([0, 2]);
  });
});

describe("elements are read four at once", () => {
  const at = (offset: number) => ({ shape: [], strides: [], offset });

  it("where every four lie side by side from a multiple of four on", () => {
    expect(inFours(at(8), 1, 12, [12, 0, -24])).toBe(true);
  });

  it("not otherwise", () => {
    expect(inFours(at(8), 2, 12, [24])).toBe(false);
    expect(inFours(at(6), 1, 12, [12])).toBe(false);
    expect(inFours(at(8), 1, 10, [12])).toBe(false);
    expect(inFours(at(8), 1, 12, [12, 13])).toBe(false);
  });
});
