import { moons } from "@kronograd/data";
import { mlp, softmaxCrossEntropy } from "@kronograd/layers";
import { chain, kfac, Optimizer, sgd } from "@kronograd/optimizers";
import { Rng, tensor } from "@kronograd/tensor";
import { fit } from "@kronograd/train";
import { describe, expect, it } from "vitest";
import { spectraOf, worstFactor } from "./inspection.ts";

/** An optimizer after a few steps on points. */
async function trained(optimizer: Optimizer): Promise<Optimizer> {
  const model = mlp([2, 4, 2], { rng: new Rng(0) });
  const data = moons({ rng: new Rng(0), train: 40, test: 10 });
  for await (const _ of fit({
    model,
    data,
    loss: softmaxCrossEntropy(),
    optimizer,
    batch: 10,
    steps: 3,
    rng: new Rng(1),
  }));
  return optimizer;
}

/** An optimizer whose curvature has this spectrum. */
async function withSpectrum(values: number[]): Promise<Optimizer> {
  const kept = {
    name: "kept",
    init: () => null,
    update: (updates: never) => ({ updates, state: 1 }),
    inspect: () => ({ layer: { spectra: { A: tensor(values) } } }),
  };
  return trained(new Optimizer({ name: "kept", learningRate: 0.1, chain: chain(kept as never) }));
}

describe("spectraOf", () => {
  it("summarizes each spectrum of each layer", async () => {
    expect(await spectraOf(await withSpectrum([1, 8, 2]))).toEqual([
      { block: "layer", name: "A", size: 3, largest: 8, median: 2, least: 1, condition: 8 },
    ]);
  });

  it("sees both factors of each layer of K-FAC", async () => {
    const spectra = await spectraOf(await trained(kfac()));
    expect(spectra.map(({ block, name, size }) => [block, name, size])).toEqual([
      ["dense1", "A", 3],
      ["dense1", "G", 4],
      ["dense2", "A", 5],
      ["dense2", "G", 2],
    ]);
  });

  it("sees none where there is no curvature", async () => {
    expect(await spectraOf(await trained(sgd()))).toEqual([]);
  });
});

describe("worstFactor", () => {
  it("names the factor with the largest condition number", async () => {
    expect(await worstFactor(await withSpectrum([1, 8, 2]))).toBe(
      "the worst-conditioned factor is A of layer (condition 8.00)",
    );
    expect(await worstFactor(await withSpectrum([1, 0]))).toBe("the worst-conditioned factor is A of layer (singular)");
    expect(await worstFactor(await trained(sgd()))).toBeNull();
  });
});
