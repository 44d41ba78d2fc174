import { describe, expect, it } from "vitest";
import { fallbacks, nets, optimizers } from "./wasm-training.ts";

describe("training on wasm", () => {
  const cases = nets.flatMap((net) => optimizers.map((optimizer) => [...net, ...optimizer] as const));

  it.each(cases)("$0 with $3 runs no reference loop", async (_, shape, build, __, optimizer) => {
    expect(await fallbacks(shape, build, optimizer(), 3)).toEqual([]);
  });

  // more columns than SKFAC keeps, so they are truncated
  it.each(optimizers)("MLP with $0 runs none at batch 128", async (_, optimizer) => {
    const [, shape, build] = nets[0]!;
    expect(await fallbacks(shape, build, optimizer(), 128)).toEqual([]);
  });
});
