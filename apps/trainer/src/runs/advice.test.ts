import { kfac, sgd } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { adviceFor } from "./advice.ts";

describe("adviceFor", () => {
  it("has three suggestions with numbers of the run's own options", () => {
    expect(
      adviceFor({ name: "slow", make: () => kfac({ learningRate: 0.3, damping: 0.01, refreshEvery: 20 }) }),
    ).toEqual([
      "raise the damping: --set rivals.slow.damping=0.1",
      "lower the learning rate: --set rivals.slow.learningRate=0.1",
      "refresh more often: --set rivals.slow.refreshEvery=4",
    ]);
  });

  it("does not speak of damping where there is none", () => {
    expect(adviceFor({ name: "sgd", make: () => sgd({ learningRate: 0.3 }) })).toEqual([
      "lower the learning rate: --set rivals.sgd.learningRate=0.1",
      "begin with smaller steps: --set 'rivals.sgd.learningRate=warmup(100, 0.3)'",
      "use larger batches: --batch",
    ]);
  });
});
