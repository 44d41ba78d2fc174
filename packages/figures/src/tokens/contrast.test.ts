import { describe, expect, it } from "vitest";
import { contrast } from "./contrast.ts";

describe("contrast", () => {
  it("is 21 between black and white, 1 of a colour with itself, and the same both ways round", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
    expect(contrast("#26508f", "#26508f")).toBe(1);
    expect(contrast("#26508f", "#ffffff")).toBe(contrast("#ffffff", "#26508f"));
    expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2); // the guidelines' own example of text that just passes
  });
});
