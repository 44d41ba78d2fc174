import { denseGradient, type Gradient, type LayerRecord, type Objective, valueAndGrad } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped, gram, kronecker, toDense } from "@kronograd/linalg";
import { curvatureSuite } from "@kronograd/suites";
import { denseLayer, exactGgn, meanSquaredError, randomWeights } from "@kronograd/suites/exact";
import {
  concat,
  eye,
  matmul,
  mean,
  normal,
  ones,
  Rng,
  reshape,
  scale,
  sub,
  type Tensor,
  transpose,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { blockInfo } from "../block-info.ts";
import { contextByHand, directionByHand, learnByHand, refreshByHand } from "../driver/by-hand.ts";
import { type FoofState, foofCurvature } from "./foof.ts";

curvatureSuite(foofCurvature());
describe("with biases apart, from the last batch alone", () =>
  curvatureSuite(foofCurvature({ bias: "separate", decay: 0 })));

const random = (seed: number, shape: readonly number[]) => normal(new Rng(seed), shape, { dtype: "float64" });
const [N, C] = [6, 3];
const [x, y] = [random(1, [N, 4]), random(2, [N, C])];
const weights = randomWeights({ "fc.weight": [C, 4], "fc.bias": [C] });
const context = (damping: number) => contextByHand(damping, 0);
const plain = { outputs: () => denseLayer("fc", x, weights), targets: y };

/** What one batch shows of the layer, and what the method makes of it. */
function seen(objective: Exclude<Objective, () => Tensor>, method = foofCurvature(), damping = 1) {
  const { gradients, records } = valueAndGrad(objective, weights, { capture: { layers: true, inputs: true } });
  const [gradient, record] = [gradients.get("fc") as Gradient, records.get("fc") as LayerRecord];
  const before = method.init(blockInfo(gradient.block), context(damping));
  const state = refreshByHand(method, learnByHand(method, before, record, context(damping)), context(damping));
  return { method, gradient, block: gradient.block, state };
}

/** I ⊗ A */
const matrixOf = ({ A }: FoofState): Tensor => toDense(kronecker(eye(C, { dtype: "float64" }), A as Tensor));

describe("T17: one linear layer, squared loss", () => {
  it.each([
    { reduction: "sum" as const, factor: 2 * N },
    { reduction: "mean" as const, factor: 2 / C },
  ])("has GGN = $factor (I ⊗ A) for a $reduction", ({ reduction, factor }) => {
    const objective = { ...plain, loss: meanSquaredError({ reduction }) };
    const { block, state } = seen(objective);
    expect(scale(matrixOf(state), factor)).toBeAllclose(exactGgn(objective, weights, block), { rtol: 1e-12 });
  });

  it("has it with shared positions too: expand where they stay apart, reduce where they are averaged", () => {
    const [S, loss] = [5, meanSquaredError()];
    const forward = () => denseLayer("fc", random(4, [N, S, 4]), weights); // [N, S, C]
    const apart = { outputs: forward, loss, targets: random(5, [N, S, C]) };
    const pooled = { outputs: () => mean(forward(), 1), loss, targets: y };
    for (const { objective, reduction, factor } of [
      { objective: apart, reduction: "expand" as const, factor: 2 / (C * S) },
      { objective: pooled, reduction: "reduce" as const, factor: 2 / C },
    ]) {
      const { block, state } = seen(objective, foofCurvature({ reduction }));
      expect(scale(matrixOf(state), factor)).toBeAllclose(exactGgn(objective, weights, block), { rtol: 1e-12 });
    }
  });
});

describe("foofCurvature", () => {
  it("reaches the least-squares solution of one linear layer in a single step", () => {
    const damping = 1e-14;
    const { method, gradient, state } = seen({ ...plain, loss: meanSquaredError() }, foofCurvature(), damping);
    const direction = directionByHand(method, state, gradient, context(damping)) as Tensor;
    const joint = concat([x, ones([N, 1], { dtype: "float64" })], 1); // X̄ [N, in+1]
    const W = concat([weights["fc.weight"] as Tensor, reshape(weights["fc.bias"] as Tensor, [C, 1])], 1);
    const want = choleskySolve(cholesky(gram(joint)), matmul(transpose(joint), y)); // (X̄ᵀX̄)⁻¹ X̄ᵀ Y
    expect(sub(W, scale(direction, C / 2))).toBeAllclose(transpose(want), { rtol: 1e-9 }); // 1e-14 of damping, conditions of 1e2
  });

  it("asks for no output gradients, and divides by A + λI", () => {
    const { method, block, state } = seen({ ...plain, loss: meanSquaredError() }, foofCurvature(), 0.25);
    expect(method.needs.outputGrads).toBeUndefined();
    const V = random(3, block.shape);
    const got = directionByHand(method, state, denseGradient(block, V), context(0.25)) as Tensor;
    expect(matmul(got, damped(state.A as Tensor, 0.25))).toBeAllclose(V, { rtol: 1e-12 });
  });
});
