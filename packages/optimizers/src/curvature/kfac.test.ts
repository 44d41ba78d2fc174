import {
  type Block,
  denseGradient,
  factoredGradient,
  type LayerRecord,
  layerRecord,
  reductions,
} from "@kronograd/autograd";
import { cholesky, choleskyInverse, damped, kronecker, toDense } from "@kronograd/linalg";
import { curvatureSuite } from "@kronograd/suites";
import { matmul, normal, Rng, reshape, type Shape, scale, type Tensor, trace, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { layerBlock } from "../../testing/index.ts";
import { blockInfo } from "../block-info.ts";
import type { CurvatureMethod } from "../curvature-method.ts";
import { contextByHand, directionByHand, learnByHand, refreshByHand } from "../driver/by-hand.ts";
import { type KfacState, kfacCurvature } from "./kfac.ts";

curvatureSuite(kfacCurvature());
describe("with exact damping, biases apart", () =>
  curvatureSuite(kfacCurvature({ inverse: "eigen", bias: "separate" })));
describe("without π, from the last batch alone", () => curvatureSuite(kfacCurvature({ pi: false, decay: 0 })));

const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const block: Block = layerBlock("layer", 3, 4);
const rows = (seed: number, N = 20) => ({ input: random(seed, [N, 4]), outputGrads: [random(seed + 100, [N, 3])] });
const recordOf = (...uses: ReturnType<typeof rows>[]): LayerRecord =>
  layerRecord({ name: "layer", geometry: { kind: "dense" }, hasBias: true, labels: "empirical", uses });
const context = (damping: number, step = 0) => contextByHand(damping, step);

function after(method: CurvatureMethod<KfacState>, records: readonly LayerRecord[], damping = 0.1): KfacState {
  const seen = records.reduce(
    (state, record) => learnByHand(method, state, record, context(damping)),
    method.init(blockInfo(block), context(damping)),
  );
  return refreshByHand(method, seen, context(damping));
}

/** The map V ↦ direction as a matrix times vec(V). */
function applied(M: Tensor, V: Tensor): Tensor {
  return reshape(matmul(M, reshape(V, [-1, 1])), V.shape);
}

const inverse = (M: Tensor): Tensor => choleskyInverse(cholesky(M));

describe("T24: the damped inverse of kfacCurvature", () => {
  const V = random(1, [3, 5]);
  const damping = 0.02;

  for (const pi of [true, false]) {
    it(`is (G + √λ/π I)⁻¹ ⊗ (A + π√λ I)⁻¹, π ${pi ? "from the traces" : "= 1"}`, () => {
      const method = kfacCurvature({ pi });
      const state = after(method, [recordOf(rows(2))], damping);
      const { A, G } = state as { A: Tensor; G: Tensor };
      const balance = pi ? Math.sqrt(trace(A).itemSync() / 5 / (trace(G).itemSync() / 3)) : 1;
      expect(state.pi).toBeCloseTo(balance, 12);
      const root = Math.sqrt(damping);
      const block_ = toDense(kronecker(damped(G, root / balance), damped(A, root * balance)));
      const got = directionByHand(method, state, denseGradient(block, V), context(damping));
      expect("block" in got ? got.dense() : got).toBeAllclose(applied(inverse(block_), V));
    });
  }

  it('is (G ⊗ A + λI)⁻¹ with inverse: "eigen", whose damping needs no refresh to change', () => {
    const method = kfacCurvature({ inverse: "eigen" });
    const state = after(method, [recordOf(rows(2))], 1);
    const { A, G } = state as { A: Tensor; G: Tensor };
    for (const lambda of [1e-3, 0.5]) {
      const want = applied(inverse(damped(toDense(kronecker(G, A)), lambda)), V);
      expect(directionByHand(method, state, denseGradient(block, V), context(lambda))).toBeAllclose(want);
    }
  });
});

describe("kfacCurvature", () => {
  it("keeps running averages that begin with the first batch", () => {
    const [first, second] = [recordOf(rows(1)), recordOf(rows(2))];
    const { A, G } = after(kfacCurvature({ decay: 0.9 }), [first, second]);
    const blended = (side: "inputs" | "outputGrads") =>
      scale(first.secondMoment(side, reductions.expand), 0.9).add(
        scale(second.secondMoment(side, reductions.expand), 0.1),
      );
    expect(A).toBeAllclose(blended("inputs"));
    expect(G).toBeAllclose(blended("outputGrads"));
  });

  it("can undo the bias of a zero start instead", () => {
    const [first, second] = [recordOf(rows(1)), recordOf(rows(2))];
    const { A } = after(kfacCurvature({ decay: 0.9, start: "unbiased" }), [first, second]);
    const fromZero = scale(first.secondMoment("inputs", reductions.expand), 0.09).add(
      scale(second.secondMoment("inputs", reductions.expand), 0.1),
    );
    expect(A).toBeAllclose(scale(fromZero, 1 / (1 - 0.81)));
  });

  it("treats factors as their product, many or few", () => {
    const method = kfacCurvature();
    const state = after(method, [recordOf(rows(1))]);
    for (const n of [2, 50]) {
      const factors = { g: random(3, [n, 3]), a: random(4, [n, 4]), scale: 1 / n, hasBias: true };
      const gradient = factoredGradient(block, factors);
      const [onFactors, onProduct] = [gradient, denseGradient(block, gradient.dense())].map((given) => {
        const direction = directionByHand(method, state, given, context(0.1));
        return "block" in direction ? direction.dense() : direction;
      }) as [Tensor, Tensor];
      expect(onFactors).toBeAllclose(onProduct);
    }
  });

  it("sums over positions first with reduction: reduce", () => {
    const use = { input: random(1, [6, 7, 4]), outputGrads: [random(2, [6, 7, 3])] };
    for (const reduction of ["expand", "reduce"] as const) {
      const { A, G } = after(kfacCurvature({ reduction }), [recordOf(use)]);
      expect(A).toBeAllclose(recordOf(use).secondMoment("inputs", reductions[reduction]));
      expect(G).toBeAllclose(recordOf(use).secondMoment("outputGrads", reductions[reduction]));
    }
  });

  it("asks for what its options say", () => {
    const usual = { inputs: true, norms: false, embeddings: false };
    const needs = { ...usual, outputGrads: "empirical", gradient: "factored", bias: "joint" };
    expect(kfacCurvature().needs).toEqual(needs);
    const other = kfacCurvature({ labels: "exact", bias: "separate", inverse: "eigen", norms: true });
    expect(other.needs).toEqual({ ...needs, outputGrads: "exact", gradient: "dense", bias: "separate", norms: true });
  });

  it("does not promise to follow the loss's scale without π", () => {
    expect(kfacCurvature().claims).toContain("lossScale");
    expect(kfacCurvature({ pi: false }).claims).not.toContain("lossScale");
  });

  it("shows A and G with their eigenvalues, and nothing before the first batch", () => {
    const method = kfacCurvature();
    expect(method.inspect?.(method.init(blockInfo(block), context(1)))).toEqual({});
    const view = method.inspect?.(after(method, [recordOf(rows(1))]));
    expect(view?.matrices?.A?.shape).toEqual([5, 5]);
    expect(view?.spectra?.G?.shape).toEqual([3]);
  });

  it("plans by counted flops: 2B(i² + o²) or 2io(i + o) to apply, B(i² + o²) for statistics", () => {
    expect(kfacCurvature().plan?.(layerBlock("layer", 10, 99), 1000).flops).toBe(
      2 * 100 * 10 * 110 + 1000 * (100 ** 2 + 100),
    );
    expect(kfacCurvature().plan?.(layerBlock("layer", 100, 99), 8).flops).toBe(3 * 8 * (100 ** 2 + 100 ** 2));
  });

  it("throws UsageError for a misspelt option and for one out of range", () => {
    expect(() => kfacCurvature({ decoy: 0.9 } as never)).toThrow(/unknown option "decoy".*Did you mean "decay"/);
    expect(() => kfacCurvature({ decay: 1 })).toThrow(UsageError);
    expect(() => kfacCurvature({ labels: "true" } as never)).toThrow(/labels is out of range/);
  });
});
