import { describe, expect, it } from "vitest";
import { directionsOf } from "../testing/index.ts";
import { chain } from "./chain.ts";
import { chainPlainly } from "./chain-plainly.ts";
import { momentum } from "./transforms/momentum.ts";
import { weightDecay } from "./transforms/weight-decay.ts";

describe("chainPlainly", () => {
  it("gives the directions of chain", () => {
    const links = () => [weightDecay(0.1), momentum(), momentum({ decay: 0.5 })] as const;
    const gradients = [[1, 2], [-3, 1], [0.5, 0]]; // biome-ignore format: three gradients
    const got = directionsOf(chainPlainly(...links()), gradients);
    expect(got).toEqual(directionsOf(chain(...links()), gradients));
  });

  it("needs what its first link needs", () => {
    const first = { ...momentum(), needs: (step: number) => ({ inputs: step === 1 }) };
    expect([0, 1].map((step) => chainPlainly(first, momentum()).needs?.(step))).toEqual([
      { inputs: false },
      { inputs: true },
    ]);
  });
});
