import { type Block, denseGradient, factoredGradient } from "@kronograd/autograd";
import { dampedInverse, gram, type Woodbury, woodbury } from "@kronograd/linalg";
import {
  cast,
  concat,
  matmul,
  mul,
  normal,
  ones,
  Rng,
  reshape,
  type Shape,
  scale,
  slice,
  stack,
  sum,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { innerProduct } from "../../direction.ts";
import { preconditionBoth } from "./precondition-both.ts";
import { preconditionSameBatch } from "./same-batch.ts";

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const blockOf = (o: number, i: number, hasBias: boolean): Block => ({
  name: "layer",
  parameters: hasBias ? ["weight", "bias"] : ["weight"],
  shapes: hasBias ? [[o, i - 1], [o]] : [[o, i]],
  shape: [o, i],
  isLayer: true,
  hasBias,
  groups: 1,
});

/** Rows and both inverses of a side of size d, in a form. */
function sides(o: number, i: number, forms: readonly ["dual" | "primal", "dual" | "primal"], mu = 0.1) {
  const rows = { A: scale(random(1, [4, i]), 0.5), G: scale(random(2, [4, o]), 0.5) };
  const side = (Xt: Tensor, form: "dual" | "primal"): Woodbury =>
    woodbury(form === "dual" ? { form, Xt } : { form, M: gram(Xt) }, mu);
  return {
    A: side(rows.A, forms[0]),
    G: side(rows.G, forms[1]),
    denseA: dampedInverse(gram(rows.A), mu),
    denseG: dampedInverse(gram(rows.G), mu),
  };
}

const forms = [
  ["dual", "dual"],
  ["dual", "primal"],
  ["primal", "dual"],
  ["primal", "primal"],
] as const;

describe("preconditionBoth", () => {
  for (const form of forms) {
    it(`is G⁻¹ V A⁻¹ on a matrix and on factors: A ${form[0]}, G ${form[1]}`, () => {
      for (const [n, o, i] of [
        [2, 6, 9],
        [40, 6, 9],
        [3, 9, 5],
      ] as const) {
        for (const hasBias of [false, true]) {
          const block = blockOf(o, i, hasBias);
          const { A, G, denseA, denseG } = sides(o, i, form);
          const factors = { g: random(3, [n, o]), a: random(4, [n, hasBias ? i - 1 : i]), scale: 1 / n, hasBias };
          const V = factoredGradient(block, factors).dense();
          const want = matmul(denseG, matmul(V, denseA));
          expect(preconditionBoth(denseGradient(block, V), G, A).dense()).toBeAllclose(want);
          expect(preconditionBoth(factoredGradient(block, factors), G, A).dense()).toBeAllclose(want);
        }
      }
    });
  }

  it("leaves few rows factors, and multiplies many", () => {
    const block = blockOf(6, 9, false);
    const { A, G } = sides(6, 9, ["primal", "primal"]);
    const of = (n: number) =>
      factoredGradient(block, { g: random(3, [n, 6]), a: random(4, [n, 9]), scale: 1, hasBias: false });
    expect(preconditionBoth(of(2), G, A).factors).toBeDefined();
    expect(preconditionBoth(of(40), G, A).factors).toBeUndefined();
  });

  it("lets an A of the channels alone act on each tap", () => {
    const [o, channels, taps] = [3, 4, 5];
    const { A, G, denseA, denseG } = sides(o, channels, ["dual", "primal"]);
    const V = random(5, [o, channels * taps]); // ordered channel, tap
    const kernel = reshape(V, [o, channels, taps]);
    const byTap = Array.from({ length: taps }, (_, tap) =>
      matmul(denseG, matmul(reshape(slice(kernel, [null, null, [tap, tap + 1]]), [o, channels]), denseA)),
    );
    const want = reshape(stack(byTap, 2), [o, channels * taps]);
    const block = blockOf(o, channels * taps, false);
    expect(preconditionBoth(denseGradient(block, V), G, A).dense()).toBeAllclose(want);
  });
});

/** [a, 1] */
const inputRows = ({ a, hasBias }: { a: Tensor; hasBias: boolean }): Tensor =>
  hasBias ? concat([a, ones([a.shape[0] as number, 1], a)], 1) : a;

describe("S2: preconditionSameBatch", () => {
  /** A batch's factors, and both inverses made of that very batch. */
  function sameBatch(
    B: number,
    o: number,
    i: number,
    hasBias: boolean,
    form: readonly ["dual" | "primal", "dual" | "primal"],
    mu: number,
  ) {
    const factors = { g: random(1, [B, o]), a: random(2, [B, hasBias ? i - 1 : i]), scale: 1 / B, hasBias };
    const rows = { A: scale(inputRows(factors), 1 / Math.sqrt(B)), G: scale(factors.g, 1 / Math.sqrt(B)) };
    const side = (Xt: Tensor, f: "dual" | "primal"): Woodbury =>
      woodbury(f === "dual" ? { form: f, Xt } : { form: f, M: gram(Xt) }, mu);
    const [A, G] = [side(rows.A, form[0]), side(rows.G, form[1])];
    const conditions = [rows.A, rows.G].map((Xt) => 1 + Xt.mul(Xt).sum().itemSync() / mu);
    const dense = matmul(
      dampedInverse(gram(rows.G), mu),
      matmul(factoredGradient(blockOf(o, i, hasBias), factors).dense(), dampedInverse(gram(rows.A), mu)),
    );
    return {
      factors,
      A,
      G,
      dense,
      tolerance: { rtol: 20 * 2 ** -52 * (conditions[0] as number) * (conditions[1] as number) },
    };
  }

  for (const form of forms) {
    it(`equals the two-sided form and the dense solve: A ${form[0]}, G ${form[1]}`, () => {
      for (const [B, o, i] of [
        [5, 7, 9],
        [5, 9, 7],
        [12, 4, 20],
        [3, 30, 4],
      ] as const) {
        for (const hasBias of [false, true]) {
          for (const mu of [1e-3, 0.1]) {
            const block = blockOf(o, i, hasBias);
            const { factors, A, G, dense, tolerance } = sameBatch(B, o, i, hasBias, form, mu);
            const gradient = factoredGradient(block, factors);
            const pushed = preconditionSameBatch(block, gradient, G, A);
            expect(pushed.factors).toBeDefined();
            const product = sum(mul(dense, gradient.dense()));
            expect(innerProduct(pushed, gradient)).toBeAllclose(product, tolerance);
            expect(pushed.dense()).toBeAllclose(dense, tolerance);
            expect(preconditionBoth(factoredGradient(block, factors), G, A).dense()).toBeAllclose(dense, tolerance);
          }
        }
      }
    });
  }

  it("does not touch the inputs where both sides are dual and o ≤ i", () => {
    const { factors, A, G } = sameBatch(5, 7, 9, true, ["dual", "dual"], 0.1);
    const pushed = preconditionSameBatch(blockOf(7, 9, true), factoredGradient(blockOf(7, 9, true), factors), G, A);
    expect(pushed.factors?.a).toBe(factors.a);
    expect(pushed.factors?.hasBias).toBe(true);
  });

  it("keeps four digits in float32 at μ = 1e-3", () => {
    const [B, o, i, mu] = [32, 64, 256, 1e-3];
    const placement = { dtype: "float32" } as const;
    const factors = {
      g: normal(new Rng(1), [B, o], placement),
      a: normal(new Rng(2), [B, i], placement),
      scale: 1 / B,
      hasBias: false,
    };
    const wide = (t: Tensor) => scale(t, 1 / Math.sqrt(B));
    const side = (Xt: Tensor): Woodbury => woodbury({ form: "dual", Xt }, mu);
    const block = blockOf(o, i, false);
    const pushed = preconditionSameBatch(
      block,
      factoredGradient(block, factors),
      side(wide(factors.g)),
      side(wide(factors.a)),
    ).dense();
    const float64 = { ...factors, g: cast(factors.g, "float64"), a: cast(factors.a, "float64") };
    const A = dampedInverse(gram(wide(float64.a)), mu);
    const G = dampedInverse(gram(wide(float64.g)), mu);
    const want = matmul(G, matmul(scale(matmul(transpose(float64.g), float64.a), 1 / B), A));
    expect(pushed).toBeAllclose(want, { rtol: 5e-5 });
  });
});
