import { ggnvp, grad, type Parameters as Weights } from "@kronograd/autograd";
import { cholesky, choleskySolve, damped } from "@kronograd/linalg";
import {
  add,
  copy,
  matmul,
  mul,
  normal,
  Rng,
  reshape,
  scale,
  sub,
  sum,
  type Tensor,
  transpose,
  UsageError,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { kfac } from "../catalog/kfac.ts";
import { adaptive } from "../driver/adaptive.ts";
import { Optimizer } from "../optimizer.ts";
import type { Oracles } from "../oracles.ts";
import { mapTensors } from "../state/state.ts";
import { updatesOf } from "../transform.ts";
import { type QuadraticModelState, quadraticModel } from "./quadratic-model.ts";

const random = (seed: number, shape: readonly number[]): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });
const n = 6;
const J = random(1, [9, n]);
const y = random(2, [9, 1]);
/** ½ ‖J w − y‖², whose Hessian is its Gauss–Newton matrix JᵀJ. */
const outputs = (w: Tensor) => matmul(J, reshape(w, [n, 1]));
const value = (out: Tensor) => scale(sum(mul(sub(out, y), sub(out, y))), 0.5);
const H = matmul(transpose(J), J);
const minimiser = reshape(choleskySolve(cholesky(H), matmul(transpose(J), y)), [n]);
const lossAt = (w: Tensor) => value(outputs(w)).itemSync();

/** Oracles whose Gauss–Newton products are given. */
const products = (ggnvp: (v: Weights) => Weights): Oracles => ({
  linearized: () => ({ jvp: () => [], vjp: () => [], hvp: () => [], ggnvp: (vectors) => vectors.map(ggnvp) }),
});

function run(steps: number, options: Parameters<typeof quadraticModel>[0] = {}, learningRate = 1) {
  const parameters = { w: random(3, [n]) };
  const optimizer = new Optimizer({ name: "test", learningRate, chain: quadraticModel(options) });
  const oracles = products((v) => ggnvp(() => outputs(parameters.w), value, parameters, v as typeof parameters));
  const seen = Array.from({ length: steps }, (_, step) => {
    const before = copy(parameters.w);
    const gradient = grad(() => value(outputs(parameters.w)), parameters.w);
    const reported: Record<string, number> = {};
    const directions = optimizer.update(updatesOf({ w: gradient }), {
      parameters,
      step,
      oracles,
      report: (name, number) => {
        reported[name] = number as number;
      },
    });
    optimizer.apply(parameters, directions, step);
    return { before, gradient: copy(gradient), reported, after: copy(parameters.w) };
  });
  return { seen, parameters, optimizer };
}

describe("quadraticModel", () => {
  it("takes one step to the minimiser along the direction: α = gᵀg / gᵀHg", () => {
    const [{ before, gradient, reported, after }] = run(1).seen as [ReturnType<typeof run>["seen"][number]];
    const row = reshape(gradient, [1, n]);
    const alpha = sum(mul(gradient, gradient)).itemSync() / matmul(matmul(row, H), transpose(row)).itemSync();
    expect(reported.modelRate).toBeCloseTo(alpha, 12);
    expect(reported.modelMomentum).toBe(0);
    expect(after).toBeAllclose(sub(before, scale(gradient, alpha)));
  });

  it("leaves no slope along either of the two directions", () => {
    const { seen } = run(3);
    const slopeAlong = (w: Tensor, along: Tensor) =>
      sum(
        mul(
          grad(() => value(outputs(w)), w),
          along,
        ),
      ).itemSync();
    for (const k of [1, 2]) {
      const { after, gradient } = seen[k]!;
      const last = sub(seen[k - 1]!.after, seen[k - 1]!.before);
      expect(slopeAlong(after, gradient)).toBeCloseTo(0, 10);
      expect(slopeAlong(after, last)).toBeCloseTo(0, 10);
    }
  });

  it("solves for both where the last step was not taken whole, so that there is still slope along it", () => {
    const { seen } = run(2, {}, 0.5);
    const { before, after, gradient } = seen[1]!;
    const last = sub(seen[0]!.after, seen[0]!.before);
    expect(Math.abs(sum(mul(gradient, last)).itemSync())).toBeGreaterThan(0.1);
    const whole = add(before, scale(sub(after, before), 2));
    const slope = grad(() => value(outputs(whole)), whole);
    expect(sum(mul(slope, gradient)).itemSync()).toBeCloseTo(0, 10);
    expect(sum(mul(slope, last)).itemSync()).toBeCloseTo(0, 10);
  });

  it("is conjugate gradients on a quadratic: n steps to the minimiser", () => {
    const { parameters } = run(n);
    expect(parameters.w).toBeAllclose(minimiser, { rtol: 1e-6 }); // n steps of growing rounding
    expect(lossAt(run(n - 1).parameters.w)).toBeGreaterThan(lossAt(minimiser) + 1e-6);
  });

  it("damps the model by λ: α = gᵀg / gᵀ(H + λI)g", () => {
    const [{ gradient, reported }] = run(1, { damping: 2 }).seen as [ReturnType<typeof run>["seen"][number]];
    const row = reshape(gradient, [1, n]);
    const curved = matmul(matmul(row, damped(H, 2)), transpose(row)).itemSync();
    expect(reported.modelRate).toBeCloseTo(sum(mul(gradient, gradient)).itemSync() / curved, 12);
  });

  it("forgets momentum where both directions are one", () => {
    const parameters = { w: random(3, [n]) };
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: quadraticModel() });
    const oracles = products((v) => v);
    const numbers = [0, 1].map((step) => {
      const reported: Record<string, unknown> = {};
      optimizer.update(updatesOf({ w: parameters.w }), { parameters, step, oracles, report: (name, x) => { reported[name] = x; } }); // biome-ignore format: short
      return reported;
    });
    expect(numbers[1]).toEqual({ modelRate: 1, modelMomentum: 0 });
  });

  it("takes a direction as it is along which the model is flat", () => {
    const parameters = { w: random(3, [n]) };
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: quadraticModel() });
    const flat = products(({ w }) => ({ w: scale(w as Tensor, 0) }));
    const updates = optimizer.update(updatesOf({ w: parameters.w }), { parameters, step: 0, oracles: flat });
    expect(updates.get("w")?.dense()).toBeAllclose(parameters.w);
  });

  it("keeps its last direction in the tree", () => {
    const { optimizer, seen } = run(2);
    const { last } = optimizer.state as unknown as QuadraticModelState;
    expect(add(seen[1]!.before, scale(last?.w as Tensor, -1))).toBeAllclose(seen[1]!.after);
    expect(mapTensors(optimizer.state, copy)).toHaveProperty("last");
  });

  it("throws UsageError where a step brings no Gauss–Newton products", () => {
    using optimizer = new Optimizer({ name: "test", learningRate: 1, chain: quadraticModel() });
    const w = random(3, [n]);
    expect(() => optimizer.update(updatesOf({ w }), { parameters: { w }, step: 0 })).toThrow(UsageError);
  });

  it("is an option of second-order optimizers, in place of clip and momentum", () => {
    const optimizer = kfac({ quadraticModel: true, damping: adaptive() });
    expect(optimizer.needs(0).oracles).toEqual(["linearized"]);
    expect(optimizer.needs(4).oracles).toEqual(["linearized", "trial"]);
    expect(optimizer.config).toMatchObject({ quadraticModel: true });
  });
});
