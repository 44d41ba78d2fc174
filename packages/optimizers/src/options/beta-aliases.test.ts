import { UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { adam } from "../catalog/adam.ts";
import { adamW } from "../catalog/adam-w.ts";
import { adamax } from "../catalog/adamax.ts";
import { lamb } from "../catalog/lamb.ts";
import { nadam } from "../catalog/nadam.ts";
import { radam } from "../catalog/radam.ts";

describe("beta1 and beta2", () => {
  it("are momentum and decay of every optimizer of Adam's family", () => {
    for (const make of [adam, adamW, adamax, lamb, nadam, radam]) {
      using byAlias = make({ beta1: 0.8, beta2: 0.95 });
      using byName = make({ momentum: 0.8, decay: 0.95 });
      expect(byAlias.config).toEqual(byName.config);
      expect(byAlias.config).toMatchObject({ momentum: 0.8, decay: 0.95 });
    }
  });

  it("are refused out of range, and beside the other name", () => {
    expect(() => adam({ beta1: 1 })).toThrow("adam: momentum is out of range");
    expect(() => adam({ beta2: 0.9, decay: 0.9 })).toThrow(UsageError);
    expect(() => adam({ beta2: 0.9, decay: 0.9 })).toThrow("beta2 is another name of decay");
  });
});
