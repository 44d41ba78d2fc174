import { scale, scope, type Tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { directionsOf, f64, layerGradient } from "../testing/index.ts";
import { chain, joinNeeds } from "./chain.ts";
import { planBlock } from "./driver/plan.ts";
import { Optimizer } from "./optimizer.ts";
import { loadState } from "./state/optimizer-state.ts";
import { mapParts, type Transform, updatesOf } from "./transform.ts";
import { klClip } from "./transforms/kl-clip.ts";
import { momentum } from "./transforms/momentum.ts";
import { normClip } from "./transforms/norm-clip.ts";

const plusOne: Transform = {
  name: "plusOne",
  init: () => null,
  update: (updates, state) => ({
    updates: mapParts(updates, (part) => f64([...part.dataSync()].map((x) => x + 1))),
    state,
  }),
};
const twice: Transform = {
  name: "twice",
  init: () => null,
  update: (updates, state) => ({ updates: mapParts(updates, (part) => scale(part, 2)), state }),
};

describe("chain", () => {
  it("runs its transforms from left to right", () => {
    expect(directionsOf(chain(plusOne, twice), [[1]])).toEqual([[4]]);
    expect(directionsOf(chain(twice, plusOne), [[1]])).toEqual([[3]]);
  });

  it("gives the gradient when it is empty", () => {
    expect(directionsOf(chain(), [[1, 2]])).toEqual([[1, 2]]);
  });

  it("keeps the state of each member, nested chains included", () => {
    const flat = chain(momentum({ decay: 0.5 }), momentum({ decay: 0.25 }));
    const nested = chain(chain(momentum({ decay: 0.5 })), momentum({ decay: 0.25 }));
    const gradients = [[1], [2], [-1]];
    expect(directionsOf(nested, gradients)).toEqual(directionsOf(flat, gradients));
    expect(directionsOf(flat, gradients)[1]).toEqual([2.5 + 0.25]);
  });

  it("is named after its members", () => {
    expect(chain(normClip(1), momentum()).name).toBe("normClip(1) → momentum(0.9)");
  });

  it("refuses a state of another length", () => {
    scope(() => {
      using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: chain(momentum()) });
      loadState(optimizer, [null, null]);
      const parameters = { w: f64([1]) };
      expect(() => optimizer.update(updatesOf({ w: f64([1]) }), { parameters, step: 0 })).toThrow(
        "momentum(0.9): the state was saved by another chain (expected 1 states, got 2).",
      );
    });
  });

  it("asks for what any member needs on a step", () => {
    const asking = (name: string, needs: Transform["needs"]): Transform => ({
      ...twice,
      name,
      ...(needs ? { needs } : {}),
    });
    const both = chain(
      asking("a", (step) => (step % 2 === 0 ? { inputs: true, outputGrads: "sampled" } : {})),
      asking("b", () => ({ layers: true, gradient: "factored", oracles: ["trial"] })),
      twice,
    );
    expect(both.needs?.(0)).toEqual({
      inputs: true,
      outputGrads: "sampled",
      positions: true,
      layers: true,
      gradient: "factored",
      oracles: ["trial"],
    });
    expect(both.needs?.(1)).toEqual({ layers: true, gradient: "factored", oracles: ["trial"] });
    expect(chain(twice).needs?.(0)).toEqual({});
  });

  it("shows the first plan that a member has", () => {
    const plan = { form: "dual", flops: 1, bytes: 4, precision: "float32" };
    const planned: Transform = { ...twice, plan: () => plan };
    const block = { name: "a", shape: [1, 2], isLayer: true };
    expect(planBlock(chain(twice, chain(planned)), block, 1)).toEqual(plan);
    expect(planBlock(chain(twice), block, 1)).toBeNull();
  });
});

describe("two links of one name", () => {
  it("both report their numbers", () => {
    const reported: Record<string, unknown> = {};
    const report = (name: string, value: number | Tensor) => {
      reported[name] = typeof value === "number" ? value : value.itemSync();
    };
    const parameters = { "layer.weight": f64([[0, 0]]), "layer.bias": f64([0]) };
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: chain(klClip(9), klClip(1)) });
    optimizer.update(new Map([["layer", layerGradient("layer", [[6, 0]], [0])]]), { parameters, step: 0, report });
    // the second link sees the direction of length 3 that the first leaves: its product with the gradient is 18
    expect(reported).toEqual({ klClip: 0.5, "klClip (link 2)": Math.sqrt(1 / 18) });
  });
});

describe("joinNeeds", () => {
  it("prefers factors, and joins oracles without doubles", () => {
    expect(joinNeeds({ gradient: "dense" }, { gradient: "factored" })).toEqual({ gradient: "factored" });
    expect(joinNeeds({ oracles: ["trial", "linearized"] }, { oracles: ["trial"] })).toEqual({
      oracles: ["trial", "linearized"],
    });
  });

  it("keeps positions if one method reads them", () => {
    expect(joinNeeds({ positions: false }, { positions: true })).toEqual({ positions: true });
    expect(joinNeeds({ positions: false }, {})).toEqual({ positions: false });
    const [sums, all] = [{ outputGrads: "empirical", positions: false }, { outputGrads: "empirical" }] as const;
    const links = [sums, all].map((needs) => ({ ...momentum(), needs: () => needs }));
    for (const order of [links, links.toReversed()]) expect(chain(...order).needs?.(0).positions).toBe(true); // the default
  });

  it("refuses two label sources, and a bias both joint and separate", () => {
    expect(() => joinNeeds({ outputGrads: "exact" }, { outputGrads: "sampled" })).toThrow(UsageError);
    expect(() => joinNeeds({ bias: "joint" }, { bias: "separate" })).toThrow(
      "chain: two methods want different bias on the same step (got [joint, separate]).",
    );
  });
});
