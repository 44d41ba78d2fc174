import { denseGradient, type Loss, valueAndGrad } from "@kronograd/autograd";
import { cholesky, choleskySolve, gram, kronecker, toDense } from "@kronograd/linalg";
import { concat, eye, matmul, normal, ones, Rng, scale, sub, type Tensor, transpose } from "@kronograd/tensor";
import { curvatureSuite } from "@kronograd/testkit";
import { denseLayer, exactGgn, meanSquaredError, randomWeights } from "@kronograd/testkit/exact";
import { describe, expect, it } from "vitest";
import { type FoofState, foofCurvature } from "./foof.ts";

curvatureSuite(foofCurvature());
describe("with biases apart, from the last batch alone", () =>
  curvatureSuite(foofCurvature({ bias: "separate", decay: 0 })));

const random = (seed: number, shape: readonly number[]) => normal(new Rng(seed), shape, { dtype: "float64" });
const [N, C] = [6, 2];
const [x, y] = [random(1, [N, 4]), random(2, [N, C])];
const weights = randomWeights({ "fc.weight": [C, 4], "fc.bias": [C] });
const outputs = () => denseLayer("fc", x, weights);
const context = (damping: number) => ({ step: 0, damping, rng: new Rng(0), oracles: {} });

/** What one batch shows of the layer, and what the method keeps of it. */
function seen(loss: Loss, damping = 1) {
  const method = foofCurvature();
  const capture = { layers: true, inputs: true };
  const { gradients, records } = valueAndGrad({ outputs, loss, targets: y }, weights, { capture });
  const [gradient, record] = [gradients.get("fc"), records.get("fc")];
  if (gradient === undefined || record === undefined) throw new Error("the layer was not seen");
  const before = method.init(gradient.block, context(damping));
  const state: FoofState = method.refresh(method.update(before, record, context(damping)), context(damping));
  return { method, gradient, block: gradient.block, state };
}

describe("T17: one linear layer, squared loss", () => {
  it.each([
    { reduction: "sum" as const, factor: 2 * N },
    { reduction: "mean" as const, factor: 2 / C },
  ])("has GGN = $factor (I ⊗ A) for a $reduction", ({ reduction, factor }) => {
    const loss = meanSquaredError({ reduction });
    const { block, state } = seen(loss);
    const matrix = toDense(kronecker(eye(C, { dtype: "float64" }), state.A as Tensor));
    expect(scale(matrix, factor)).toBeAllclose(exactGgn({ outputs, loss, targets: y }, weights, block), {
      rtol: 1e-12,
    });
  });
});

describe("foofCurvature", () => {
  it("reaches the least-squares solution of one linear layer in a single step", () => {
    const { method, gradient, state } = seen(meanSquaredError(), 1e-14);
    const direction = method.precondition(state, gradient, context(1e-14)) as Tensor;
    const bar = concat([x, ones([N, 1], { dtype: "float64" })], 1); // [N, in+1]
    const W = concat([weights["fc.weight"] as Tensor, (weights["fc.bias"] as Tensor).reshape([C, 1])], 1);
    const want = choleskySolve(cholesky(gram(bar)), matmul(transpose(bar), y)); // (X̄ᵀX̄)⁻¹ X̄ᵀ Y
    expect(sub(W, scale(direction, C / 2))).toBeAllclose(transpose(want), { rtol: 1e-9 }); // damping, condition ~1e2
  });

  it("asks for no output gradients, and divides by A + λI", () => {
    const { method, block, state } = seen(meanSquaredError(), 0.25);
    expect(method.needs.outputGrads).toBeUndefined();
    const V = random(3, block.shape);
    const got = method.precondition(state, denseGradient(block, V), context(0.25)) as Tensor;
    const damped = (state.A as Tensor).add(scale(eye(5, { dtype: "float64" }), 0.25));
    expect(matmul(got, damped)).toBeAllclose(V, { rtol: 1e-12 });
  });
});
