import { describe, expect, it } from "vitest";
import { coverageOf, nets, optimizers } from "./wasm-training.ts";

describe("training on wasm", () => {
  const cases = nets.flatMap((net) => optimizers.map((optimizer) => [...net, ...optimizer] as const));

  it.each(cases)(
    "$0 with $4 runs kernels and no reference loop",
    async (_, shape, build, ofNet, __, optimizer, own) => {
      const { kernels, references } = await coverageOf(shape, build, optimizer(), 3);
      expect(references).toEqual([]);
      for (const op of [...ofNet, ...own]) expect(kernels[op], op).toBeGreaterThan(0);
    },
  );

  // more columns than SKFAC keeps, so they are truncated
  it.each(optimizers)("MLP with $0 runs no reference loop at batch 128", async (_, optimizer, own) => {
    const [, shape, build, ofNet] = nets[0]!;
    const { kernels, references } = await coverageOf(shape, build, optimizer(), 128);
    expect(references).toEqual([]);
    for (const op of [...ofNet, ...own]) expect(kernels[op], op).toBeGreaterThan(0);
  });
});
