import { describe, expect, it } from "vitest";
import { normalizationView } from "./normalization-view.ts";

describe("normalizationView", () => {
  it("has channels of all images as sets of batch normalisation", () => {
    const view = { shape: [4, 1, 6, 10], channels: 6, sets: 6, setSize: 40 };
    expect(normalizationView([4, 6, 2, 5], 1, true)).toEqual(view);
  });

  it("has groups of each image as sets of group normalisation", () => {
    const view = { shape: [4, 3, 2, 10], channels: 6, sets: 12, setSize: 20 };
    expect(normalizationView([4, 6, 2, 5], 3, false)).toEqual(view);
  });
});
