import {
  type Claim,
  ekfacCurvature,
  evaCurvature,
  foofCurvature,
  kfacCurvature,
  paperSkfac,
  skfacCurvature,
} from "@kronograd/optimizers";
import { describe, expect, it } from "vitest";
import { curvatureSuite } from "./suite.ts";

// Each method with its defaults and with the choices that change its mathematics.
curvatureSuite(kfacCurvature());
curvatureSuite({ ...kfacCurvature({ inverse: "eigen" }), name: "kfac, eigen" });
curvatureSuite(ekfacCurvature());
curvatureSuite(foofCurvature());
curvatureSuite(evaCurvature());
curvatureSuite(skfacCurvature());
curvatureSuite({ ...skfacCurvature({ rank: null }), name: "skfac, one batch" });
curvatureSuite({ ...skfacCurvature(paperSkfac), name: "skfac as released" });
curvatureSuite({ ...kfacCurvature({ pi: false }), name: "kfac without π" });

// Several label columns, vectors of norms, pooled positions.
const more = { labels: "exact", norms: true } as const;
curvatureSuite({ ...kfacCurvature({ ...more, reduction: "reduce" }), name: "kfac, exact labels, reduce" });
curvatureSuite({ ...ekfacCurvature({ ...more, reduction: "reduce" }), name: "ekfac, exact labels, reduce" });
curvatureSuite({ ...ekfacCurvature(more), name: "ekfac, exact labels" });
curvatureSuite({
  ...skfacCurvature({ ...more, rank: null, reduction: "expand" }),
  name: "skfac, exact labels, expand",
});

const everything: readonly Claim[] = [
  "spd",
  "linear",
  "dampingLimit",
  "basisInvariant",
  "batchInvariant",
  "lossScale",
  "equalsDenseBlock",
];

describe("claims of the built-in methods", () => {
  const without = (left: Claim) => everything.filter((claim) => claim !== left);

  it.each([
    ["kfac", kfacCurvature(), everything],
    ["kfac, eigen", kfacCurvature({ inverse: "eigen", pi: false }), everything],
    ["kfac without π", kfacCurvature({ pi: false }), without("lossScale")],
    ["ekfac", ekfacCurvature(), everything],
    ["foof", foofCurvature(), without("lossScale")], // it sees no output gradients
    ["eva", evaCurvature(), without("equalsDenseBlock")], // it keeps one direction
    ["skfac", skfacCurvature(), without("equalsDenseBlock")], // its rank is capped
    ["skfac, one batch", skfacCurvature({ rank: null }), everything],
    [
      "skfac as released",
      skfacCurvature(paperSkfac),
      everything.filter((claim) => claim !== "lossScale" && claim !== "equalsDenseBlock"), // it averages output gradients too
    ],
  ])("of %s are these", (_, { claims }, expected) => {
    expect([...claims].sort()).toEqual([...expected].sort());
  });
});
