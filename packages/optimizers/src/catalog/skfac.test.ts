import { optimizerSuite } from "@kronograd/suites";
import { describe, expect, it } from "vitest";
import { skfac } from "./skfac.ts";

optimizerSuite("skfac", skfac, { linear: false }); // the KL clip depends on the learning rate
optimizerSuite("skfac as released", (options) => skfac({ paper: true, refreshEvery: 1, ...options }));
optimizerSuite("skfac of the last batch alone, old and new", (options) =>
  skfac({ rank: null, statisticsEvery: 1, refreshEvery: 2, klClip: null, ...options }),
);

describe("skfac", () => {
  it("looks at a batch with each refresh, unless it is told otherwise", () => {
    const looks = (optimizer: ReturnType<typeof skfac>) =>
      [0, 1, 5, 20].map((step) => optimizer.needs(step).inputs === true);
    expect(looks(skfac())).toEqual([true, false, false, true]);
    expect(looks(skfac({ statisticsEvery: 5 }))).toEqual([true, false, true, true]);
  });

  it("has the released defaults with paper: true, where nothing else is said", () => {
    const { config, needs } = skfac({ paper: true, reduction: "sum" });
    expect(config).toMatchObject({ reduction: "sum", pi: false, rank: null, bias: "separate", klClip: null });
    expect(needs.call(skfac({ paper: true }), 0).bias).toBe("separate");
    expect(skfac().config).toMatchObject({
      reduction: "reduce",
      pi: true,
      rank: 32,
      decay: 0.9,
      bias: "joint",
      klClip: 1e-3,
    });
  });

  it("leaves biases apart where taps are averaged", () => {
    expect(skfac({ reduction: "receptiveField" }).config.bias).toBe("separate");
    expect(() => skfac({ reduction: "receptiveField", bias: "joint" })).toThrow(/no place for the bias coordinate/);
  });
});
