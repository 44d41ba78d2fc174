import { optimizerSuite } from "@kronograd/suites";
import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { eva } from "./eva.ts";

optimizerSuite("eva", eva, { linear: false }); // the KL clip depends on the learning rate

describe("eva", () => {
  it("looks at every batch, and forms its gradients", () => {
    expect(eva().needs(3)).toEqual({
      layers: true,
      inputs: true,
      outputGrads: "empirical",
      positions: false,
      bias: "joint",
    });
  });

  it("throws UsageError for an option out of range", () => {
    expect(() => eva({ decay: 1 })).toThrow(UsageError);
  });
});
