import { describe, expect, it } from "vitest";
import type { CoverageRow } from "./coverage.ts";
import { kernelCoverage, lostKernels } from "./kept-kernels.ts";

const row = (op: string, kernel: number, reference: number): CoverageRow => ({
  op,
  kernel,
  reference,
  error: {},
  failure: null,
});
const before = kernelCoverage([row("mul", 24, 0), row("cast", 12, 12), row("lu", 0, 24), row("reshape", 0, 0)]);

describe("kernelCoverage", () => {
  it("counts samples by op, and leaves out what has no kernel", () => {
    expect(before).toEqual({ cast: 12, mul: 24 });
  });
});

describe("lostKernels", () => {
  it("names a kernel that declines what it took, some of it or all, and an op that is gone", () => {
    const now = kernelCoverage([row("mul", 23, 1), row("cast", 0, 24)]);
    expect(lostKernels(before, now)).toEqual([
      "cast: its kernel computed 0 samples, 12 before",
      "mul: its kernel computed 23 samples, 24 before",
    ]);
    expect(lostKernels(before, kernelCoverage([]))).toHaveLength(2);
  });

  it("has nothing against kernels that are new, or take more", () => {
    expect(lostKernels(before, kernelCoverage([row("mul", 24, 0), row("cast", 24, 0), row("lu", 24, 0)]))).toEqual([]);
  });
});
