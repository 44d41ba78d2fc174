import { type Claim, ekfacCurvature, kfacCurvature, skfacCurvature } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { curvatureSuite } from "./curvature-suite.ts";

// Each method with its defaults and with the choices that change its mathematics.
curvatureSuite(kfacCurvature());
curvatureSuite({ ...kfacCurvature({ inverse: "eigen" }), name: "kfac, eigen" });
curvatureSuite(ekfacCurvature());
curvatureSuite(skfacCurvature());
curvatureSuite({ ...skfacCurvature({ rank: null }), name: "skfac, one batch" });
curvatureSuite({ ...skfacCurvature({ rank: null, bias: "separate" }), name: "skfac, biases apart" });

const everything: readonly Claim[] = [
  "spd",
  "linear",
  "dampingLimit",
  "basisInvariant",
  "batchInvariant",
  "lossScaleInvariant",
  "equalsDenseBlock",
];

describe("claims of the built-in methods", () => {
  it("are these", () => {
    expect(kfacCurvature().claims).toEqual(everything);
    expect(ekfacCurvature().claims).toEqual(everything);
    expect(skfacCurvature().claims).toEqual(everything);
  });
});
