import { reductions } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped, splitDamping } from "@kronograd/linalg";
import { type Claim, type CurvatureMethod, defineCurvature } from "@kronograd/optimizers";
import { add, countNonFinite, scale, type Tensor, trace, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { curvatureTable, verifyCurvature } from "./verify.ts";

type State = {
  readonly A: Tensor | null;
  readonly G: Tensor | null;
  readonly LA: Tensor | null;
  readonly LG: Tensor | null;
};

const all: readonly Claim[] = [
  "spd",
  "linear",
  "dampingLimit",
  "basisInvariant",
  "equalsDenseBlock",
  "batchInvariant",
  "lossScaleInvariant",
];

/** The smallest K-FAC: what the suite is tried on. */
const kfac = defineCurvature<State>({
  name: "tiny",
  source: "Martens & Grosse (2015)",
  scope: "layer",
  needs: { inputs: true, outputGrads: "empirical" },
  claims: all,
  init: () => ({ A: null, G: null, LA: null, LG: null }),
  update(state, seen) {
    const A = seen.secondMoment("inputs", reductions.reduce);
    const G = seen.secondMoment("outputGrads", reductions.reduce);
    if (countNonFinite(A, G).itemSync() > 0) return state;
    const mean = (old: Tensor | null, now: Tensor) => (old === null ? now : add(scale(old, 0.9), scale(now, 0.1)));
    return { ...state, A: mean(state.A, A), G: mean(state.G, G) };
  },
  refresh(state, { damping }) {
    const { A, G } = state as { A: Tensor; G: Tensor };
    const traces = { traceA: trace(A), dimA: A.shape[0]!, traceG: trace(G), dimG: G.shape[0]! };
    const share = splitDamping(damping, traces, true);
    return { A, G, LA: cholesky(damped(A, Number(share.A))), LG: cholesky(damped(G, Number(share.G))) };
  },
  precondition: ({ LA, LG }, gradient) =>
    transpose(choleskySolve(LA!, transpose(choleskySolve(LG!, gradient.dense())))),
  inspect: ({ A, G }) => ({ matrices: { A: A!, G: G! } }),
});

const failed = (method: CurvatureMethod<State>): string[] =>
  verifyCurvature(method).verdicts.flatMap(({ status, claim, says }) => (status === "failed" ? [claim ?? says] : []));

describe("verifyCurvature", () => {
  it("proves all claims of a right K-FAC", () => {
    expect(curvatureTable(verifyCurvature(kfac))).toContain("passed: 19 proved, 0 failed, 0 not claimed");
  });

  it("catches a wrong scale", () => {
    const twice: CurvatureMethod<State> = {
      ...kfac,
      precondition: (s, g, c) => scale(kfac.precondition(s, g, c) as Tensor, 2),
    };
    expect(failed(twice)).toEqual(["dampingLimit", "equalsDenseBlock"]);
  });

  it("catches a factor that is not divided by the batch", () => {
    const summed: CurvatureMethod<State> = {
      ...kfac,
      update: (s, seen, c) => {
        const next = kfac.update(s, seen, c);
        return { ...next, G: scale(next.G!, seen.examples) };
      },
    };
    expect(failed(summed)).toEqual(expect.arrayContaining(["equalsDenseBlock", "batchInvariant"]));
  });

  it("catches factors that are applied on the wrong sides", () => {
    const transposed: CurvatureMethod<State> = {
      ...kfac,
      precondition: (s, g, c) =>
        g.block.shape[0] === g.block.shape[1]
          ? transpose(kfac.precondition(s, { ...g, dense: () => transpose(g.dense()) }, c) as Tensor)
          : kfac.precondition(s, g, c),
    };
    expect(failed(transposed)).toEqual(["basisInvariant", "equalsDenseBlock"]);
  });

  it("catches wrong damping", () => {
    const undamped: CurvatureMethod<State> = {
      ...kfac,
      refresh: (s, c) => kfac.refresh(s, { ...c, damping: c.damping / 4 }),
    };
    expect(failed(undamped)).toEqual(["dampingLimit"]);
    const oneSided: CurvatureMethod<State> = {
      ...kfac,
      refresh: (s, c) => ({ ...kfac.refresh(s, c), LG: cholesky(add(s.G!, scale(s.G!, c.damping))) }),
    };
    expect(failed(oneSided)).toContain("dampingLimit");
  });

  it("catches what is not SPD and what is not linear", () => {
    const skew: CurvatureMethod<State> = {
      ...kfac,
      precondition: (s, g, c) => scale(kfac.precondition(s, g, c) as Tensor, -1),
    };
    expect(failed(skew)).toContain("spd");
    const affine: CurvatureMethod<State> = {
      ...kfac,
      precondition: (s, g, c) => add(kfac.precondition(s, g, c) as Tensor, 1e-3),
    };
    expect(failed(affine)).toEqual(
      expect.arrayContaining(["linear", "it turns a zero gradient into a zero direction"]),
    );
  });

  it("catches a state that becomes NaN, and damping that is not scaled with the loss", () => {
    const spoilt: CurvatureMethod<State> = {
      ...kfac,
      update: (s, seen, c) => ({ ...kfac.update(s, seen, c), ...(c.step === 3 ? { A: scale(s.A!, Number.NaN) } : {}) }),
    };
    expect(failed(spoilt)).toContain("it never lets statistics that are not finite into its state");
    const unbalanced: CurvatureMethod<State> = {
      ...kfac,
      refresh: (s, { damping }) => {
        const root = Math.sqrt(damping);
        return { ...s, LA: cholesky(damped(s.A!, root)), LG: cholesky(damped(s.G!, root)) };
      },
    };
    expect(failed(unbalanced)).toEqual(["lossScaleInvariant"]);
  });

  it("says what is not claimed", () => {
    const modest: CurvatureMethod<State> = { ...kfac, claims: ["spd"] };
    const { passed, verdicts } = verifyCurvature(modest);
    expect(passed).toBe(true);
    expect(verdicts.filter(({ status }) => status === "not claimed").map(({ claim }) => claim)).toEqual(all.slice(1));
  });
});
