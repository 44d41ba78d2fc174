import { type LayerRecord, type LayerUse, layerRecord, reductions, type Side } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped, splitDamping } from "@kronograd/linalg";
import {
  type Claim,
  type CurvatureContext,
  type CurvatureMethod,
  defineCurvature,
  directionByHand,
  kfacCurvature,
  refreshByHand,
} from "@kronograd/optimizers";
import { add, matmul, pad, scale, slice, type Tensor, trace, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import type { AnyMethod } from "./bench.ts";
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

const failed = (method: AnyMethod): string[] =>
  verifyCurvature(method).verdicts.flatMap(({ status, claim, says }) => (status === "failed" ? [claim ?? says] : []));

describe("verifyCurvature", () => {
  it("proves all claims of a right K-FAC", () => {
    expect(curvatureTable(verifyCurvature(kfac))).toContain("passed: 20 proved, 0 failed, 0 not claimed");
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

  /** A method that sees records changed. */
  function through(method: AnyMethod, glass: (record: LayerRecord) => LayerRecord): AnyMethod {
    const { statistics, refinement } = method;
    const seen = (part: typeof statistics) =>
      part && { ...part, observe: (r: LayerRecord, c: CurvatureContext, s: never) => part.observe?.(glass(r), c, s) };
    return { ...method, ...{ statistics: seen(statistics), refinement: seen(refinement) } } as AnyMethod;
  }

  /** A record whose rows are changed, and so the moments made of them. */
  const withRows =
    (change: (rows: Tensor, side: Side, record: LayerRecord) => Tensor) =>
    (record: LayerRecord): LayerRecord => ({
      ...record,
      rows: (side, ...rest) => change(record.rows(side, ...rest), side, record),
      secondMoment(side, ...rest) {
        const rows = change(record.rows(side, ...rest), side, record);
        return matmul(transpose(rows), rows);
      },
    });
  const ofGrads = (factor: (record: LayerRecord) => number) =>
    withRows((rows, side, record) => (side === "outputGrads" ? scale(rows, factor(record)) : rows));
  const ofConvolutions = (glass: (record: LayerRecord) => LayerRecord) => (record: LayerRecord) =>
    record.geometry.kind === "conv2d" ? glass(record) : record;
  const uses = (change: (use: LayerUse) => LayerUse) => (record: LayerRecord) =>
    layerRecord({ ...record, uses: record.uses.map(change) });

  const reduce = kfacCurvature({ reduction: "reduce" }) as AnyMethod;
  const exactLabels = kfacCurvature({ labels: "exact" }) as AnyMethod;
  const norms = kfacCurvature({ norms: true }) as AnyMethod;
  const plain = kfacCurvature() as AnyMethod;

  it.each<readonly [string, AnyMethod, string]>([
    [
      "output gradients averaged over positions where they are to be added",
      through(
        reduce,
        ofGrads(({ positions }) => 1 / positions),
      ),
      "equalsDenseBlock",
    ],
    [
      "half of a convolution's rows left out",
      through(plain, ofConvolutions(withRows((rows) => slice(rows, [[0, (rows.shape[0] as number) >> 1]])))),
      "equalsDenseBlock",
    ],
    [
      "G divided by the number of label columns",
      through(
        exactLabels,
        ofGrads((record) => 1 / Math.sqrt(record.uses[0]?.outputGrads.length ?? 1)),
      ),
      "equalsDenseBlock",
    ],
    [
      "the first label column alone",
      through(
        exactLabels,
        uses(({ input, outputGrads }) => ({ input, outputGrads: outputGrads.slice(0, 1) })),
      ),
      "equalsDenseBlock",
    ],
    [
      "the first use of a weight alone",
      through(plain, (record) => layerRecord({ ...record, uses: record.uses.slice(0, 1) })),
      "equalsDenseBlock",
    ],
    [
      "0 in place of 1 as the bias coordinate of convolutions",
      through(
        plain,
        ofConvolutions(
          withRows((rows, side) => {
            const width = rows.shape[1] as number;
            return side === "inputs"
              ? pad(slice(rows, [null, [0, width - 1]]), [
                  [0, 0],
                  [0, 1],
                ])
              : rows;
          }),
        ),
      ),
      "equalsDenseBlock",
    ],
    [
      "G ten times too large",
      through(
        plain,
        ofGrads(() => Math.sqrt(10)),
      ),
      "equalsDenseBlock",
    ],
    [
      "λ² in place of λ",
      { ...plain, refresh: (s, c) => refreshByHand(plain, s, { ...c, damping: c.damping ** 2 }) },
      "dampingLimit",
    ],
    [
      "√λ in place of λ on the vector of a norm",
      {
        ...norms,
        refresh: (s, c) =>
          refreshByHand(norms, s, (s as { isVector: boolean }).isVector ? { ...c, damping: Math.sqrt(c.damping) } : c),
      },
      "dampingLimit",
    ],
    [
      "an average that never moves after the first batch",
      {
        ...plain,
        statistics: {
          ...plain.statistics,
          join: (s, seen, c) => ((s as { A: unknown }).A === null ? plain.statistics!.join(s, seen, c) : s),
        },
      },
      "it takes in a second batch",
    ],
  ])("catches %s", (_, method, statement) => {
    const found = verifyCurvature(method).verdicts.find(({ claim, says }) => statement === (claim ?? says));
    expect(found).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/largest difference|of its length/),
    });
  });

  it("passes the same methods with nothing wrong", () => {
    expect([reduce, exactLabels, norms, plain].flatMap(failed)).toEqual([]);
  });

  it("says what is not claimed", () => {
    const modest: CurvatureMethod<State, Factors> = { ...kfac, claims: ["spd"] };
    const { passed, verdicts } = verifyCurvature(modest);
    expect(passed).toBe(true);
    expect(verdicts.filter(({ status }) => status === "not claimed").map(({ claim }) => claim)).toEqual(all.slice(1));
  });
});
