import { optimizerSuite } from "@kronograd/suites";
import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { kfac } from "./kfac.ts";

optimizerSuite("kfac", kfac, { linear: false }); // the KL clip depends on the learning rate
optimizerSuite("kfac with exact damping, biases apart, reduce", (options) =>
  kfac({ inverse: "eigen", bias: "separate", reduction: "reduce", klClip: null, ...options }),
);

describe("kfac", () => {
  it("looks at every batch and asks for factored gradients", () => {
    expect(kfac().needs(3)).toEqual({
      layers: true,
      inputs: true,
      outputGrads: "empirical",
      positions: true,
      gradient: "factored",
      bias: "joint",
      norms: false,
      embeddings: false,
    });
  });

  it("writes every option down", () => {
    expect(kfac({ damping: 0.1 }).config).toMatchObject({
      damping: 0.1,
      decay: 0.95,
      refreshEvery: 10,
      reduction: "expand",
      klClip: 1e-3,
    });
  });

  it("throws UsageError for an option out of range", () => {
    expect(() => kfac({ momentum: 1 })).toThrow(UsageError);
    expect(() => kfac({ refreshEvry: 3 } as never)).toThrow(/Did you mean "refreshEvery"/);
  });
});
