import { reductions } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped, splitDamping } from "@kronograd/linalg";
import {
  type Claim,
  type CurvatureMethod,
  defineCurvature,
  directionByHand,
  refreshByHand,
} from "@kronograd/optimizers";
import { add, scale, type Tensor, trace, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { curvatureTable, verifyCurvature } from "./verify.ts";

type State = {
  readonly A: Tensor | null;
  readonly G: Tensor | null;
  readonly LA: Tensor | null;
  readonly LG: Tensor | null;
};

type Factors = { readonly A: Tensor; readonly G: Tensor };

const all: readonly Claim[] = [
  "spd",
  "linear",
  "dampingLimit",
  "basisInvariant",
  "equalsDenseBlock",
  "batchInvariant",
  "lossScale",
];

/** The smallest K-FAC: what the suite is tried on. */
const kfac = defineCurvature<State, Factors>({
  name: "tiny",
  source: "Martens & Grosse (2015)",
  needs: { inputs: true, outputGrads: "empirical" },
  claims: all,
  init: () => ({ A: null, G: null, LA: null, LG: null }),
  statistics: {
    observe: (record) => ({
      A: record.secondMoment("inputs", reductions.reduce),
      G: record.secondMoment("outputGrads", reductions.reduce),
    }),
    join(state, { batch }) {
      const { A, G } = batch as Factors;
      const mean = (old: Tensor | null, now: Tensor) => (old === null ? now : add(scale(old, 0.9), scale(now, 0.1)));
      return { ...state, A: mean(state.A, A), G: mean(state.G, G) };
    },
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

const failed = (method: CurvatureMethod<State, Factors>): string[] =>
  verifyCurvature(method).verdicts.flatMap(({ status, claim, says }) => (status === "failed" ? [claim ?? says] : []));

describe("verifyCurvature", () => {
  it("proves all claims of a right K-FAC", () => {
    expect(curvatureTable(verifyCurvature(kfac))).toContain("passed: 19 proved, 0 failed, 0 not claimed");
  });

  it("catches a wrong scale", () => {
    const twice: CurvatureMethod<State, Factors> = {
      ...kfac,
      precondition: (s, g, c) => scale(directionByHand(kfac, s, g, c) as Tensor, 2),
    };
    expect(failed(twice)).toEqual(["dampingLimit", "equalsDenseBlock"]);
  });

  it("catches a factor that is not divided by the batch", () => {
    const summed: CurvatureMethod<State, Factors> = {
      ...kfac,
      statistics: {
        observe: (record) => ({
          A: record.secondMoment("inputs", reductions.reduce),
          G: scale(record.secondMoment("outputGrads", reductions.reduce), record.examples),
        }),
        join: (s, seen, c) => kfac.statistics!.join(s, seen, c),
      },
    };
    expect(failed(summed)).toEqual(expect.arrayContaining(["equalsDenseBlock", "batchInvariant"]));
  });

  it("catches factors that are applied on the wrong sides", () => {
    const transposed: CurvatureMethod<State, Factors> = {
      ...kfac,
      precondition: (s, g, c) =>
        g.block.shape[0] === g.block.shape[1]
          ? transpose(directionByHand(kfac, s, { ...g, dense: () => transpose(g.dense()) }, c) as Tensor)
          : directionByHand(kfac, s, g, c),
    };
    expect(failed(transposed)).toEqual(["basisInvariant", "equalsDenseBlock"]);
  });

  it("catches wrong damping", () => {
    const undamped: CurvatureMethod<State, Factors> = {
      ...kfac,
      refresh: (s, c) => refreshByHand(kfac, s, { ...c, damping: c.damping / 4 }),
    };
    expect(failed(undamped)).toEqual(["dampingLimit"]);
    const oneSided: CurvatureMethod<State, Factors> = {
      ...kfac,
      refresh: (s, c) => ({ ...refreshByHand(kfac, s, c), LG: cholesky(add(s.G!, scale(s.G!, c.damping))) }),
    };
    expect(failed(oneSided)).toContain("dampingLimit");
  });

  it("catches what is not SPD and what is not linear", () => {
    const skew: CurvatureMethod<State, Factors> = {
      ...kfac,
      precondition: (s, g, c) => scale(directionByHand(kfac, s, g, c) as Tensor, -1),
    };
    expect(failed(skew)).toContain("spd");
    const affine: CurvatureMethod<State, Factors> = {
      ...kfac,
      precondition: (s, g, c) => add(directionByHand(kfac, s, g, c) as Tensor, 1e-3),
    };
    expect(failed(affine)).toEqual(
      expect.arrayContaining(["linear", "it turns a zero gradient into a zero direction"]),
    );
  });

  it("catches a state that becomes NaN, and damping that is not scaled with the loss", () => {
    const spoilt: CurvatureMethod<State, Factors> = {
      ...kfac,
      statistics: {
        observe: (record) => ({
          A: record.secondMoment("inputs", reductions.reduce),
          G: record.secondMoment("outputGrads", reductions.reduce),
        }),
        join: (s, seen, c) => {
          const next = kfac.statistics!.join(s, seen, c);
          return c.step === 3 ? { ...next, A: scale(next.A!, Number.NaN) } : next;
        },
      },
    };
    expect(failed(spoilt)).toContain("it never lets statistics that are not finite into its state");
    const unbalanced: CurvatureMethod<State, Factors> = {
      ...kfac,
      refresh: (s, { damping }) => {
        const root = Math.sqrt(damping);
        return { ...s, LA: cholesky(damped(s.A!, root)), LG: cholesky(damped(s.G!, root)) };
      },
    };
    expect(failed(unbalanced)).toEqual(["lossScale"]);
  });

  it("says what is not claimed", () => {
    const modest: CurvatureMethod<State, Factors> = { ...kfac, claims: ["spd"] };
    const { passed, verdicts } = verifyCurvature(modest);
    expect(passed).toBe(true);
    expect(verdicts.filter(({ status }) => status === "not claimed").map(({ claim }) => claim)).toEqual(all.slice(1));
  });
});
