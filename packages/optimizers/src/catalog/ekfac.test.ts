import { optimizerSuite } from "@kronograd/suites";
import { describe, expect, it } from "vitest";
import { ekfac } from "./ekfac.ts";

optimizerSuite("ekfac", ekfac, { linear: false }); // the KL clip depends on the learning rate

describe("ekfac", () => {
  it("looks at second moments on every step, whatever the other schedules", () => {
    const optimizer = ekfac({ statisticsEvery: 10, refreshEvery: 100 });
    expect([0, 1, 10].map((step) => optimizer.needs(step).inputs)).toEqual([true, true, true]);
    expect(ekfac({ statisticsEvery: 10, refineEvery: 5 }).needs(1).inputs).toBeUndefined();
  });
});
