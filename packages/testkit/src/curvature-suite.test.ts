import { type Claim, ekfacCurvature, kfacCurvature, skfacCurvature } from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { curvatureSuite } from "./curvature-suite.ts";

// The methods' own tests run the suite on their defaults; here are the choices that change the mathematics.
curvatureSuite({ ...kfacCurvature(), name: "kfac" });
curvatureSuite({ ...kfacCurvature({ inverse: "eigen" }), name: "kfac, eigen" });
curvatureSuite({ ...ekfacCurvature(), name: "ekfac" });
curvatureSuite({ ...skfacCurvature(), name: "skfac" });
curvatureSuite({ ...skfacCurvature({ rank: null }), name: "skfac, one batch" });

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
