import { factoredGradient, type Parameters, valueAndGrad } from "@kronograd/autograd";
import {
  add,
  linear,
  mul,
  normal,
  Rng,
  type Shape,
  scale,
  scope,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { f64, layerBlock, layerGradient, valuesOf } from "../../testing/index.ts";
import { adam } from "../catalog/adam.ts";
import { sgd } from "../catalog/sgd.ts";
import { factoredDirection } from "../direction.ts";
import { type Updates, updatesOf } from "../transform.ts";
import { accumulate } from "./accumulate.ts";

/** Sums over the batch in another order. */
const exact = { rtol: 1e-12 };

const random = (seed: number, shape: Shape) => normal(new Rng(seed), shape, { dtype: "float64" });
const network = (): Parameters => ({ first: random(1, [5, 4]), second: random(2, [3, 5]) });

/** Mean over rows of ½‖f(x) − y‖², f a tanh network. */
function meanLoss(parameters: Parameters, x: Tensor, y: Tensor): Tensor {
  const hidden = tanh(linear(x, parameters.first as Tensor, null));
  const error = sub(linear(hidden, parameters.second as Tensor, null), y);
  return scale(sum(mul(error, error)), 0.5 / (x.shape[0] as number));
}

const rows = (t: Tensor, from: number, to: number) => slice(t, [[from, to], null]);

describe("accumulate", () => {
  it("T27: makes k micro-batches, equal or not, one batch", () => {
    scope(() => {
      const parameters = network();
      const [x, y] = [random(3, [12, 4]), random(4, [12, 3])];
      const whole = valueAndGrad(() => meanLoss(parameters, x, y), parameters).gradients;
      for (const cuts of [
        [0, 4, 8, 12],
        [0, 1, 10, 12],
        [0, 12],
      ]) {
        let total: Updates | null = null;
        for (let k = 1; k < cuts.length; k++) {
          const [from, to] = [cuts[k - 1] as number, cuts[k] as number];
          const part = valueAndGrad(() => meanLoss(parameters, rows(x, from, to), rows(y, from, to)), parameters);
          total = accumulate(total, part.gradients, (to - from) / 12);
        }
        for (const name of ["first", "second"]) {
          expect(f64(valuesOf(total as Updates, name))).toBeAllclose(f64(valuesOf(whole, name)), exact);
        }
      }
    });
  });

  it("makes k workers with a mean of gradients one worker with the k-fold batch, momentum and rate changes included", () => {
    scope(() => {
      const [x, y] = [random(3, [12, 4]), random(4, [12, 3])];
      const options = { learningRate: (step: number) => 0.1 / (step + 1), momentum: 0.9 };
      const [together, apart] = [network(), network()];
      using one = sgd(options);
      using many = sgd(options);
      for (let step = 0; step < 6; step++) {
        const whole = valueAndGrad(() => meanLoss(together, x, y), together).gradients;
        one.apply(together, one.update(whole, { parameters: together, step }), step);
        let mean: Updates | null = null;
        for (let worker = 0; worker < 4; worker++) {
          const share = () => meanLoss(apart, rows(x, 3 * worker, 3 * worker + 3), rows(y, 3 * worker, 3 * worker + 3));
          mean = accumulate(mean, valueAndGrad(share, apart).gradients, 1 / 4);
        }
        many.apply(apart, many.update(mean as Updates, { parameters: apart, step }), step);
      }
      expect(apart.first as Tensor).toBeAllclose(together.first as Tensor, exact);
      expect(apart.second as Tensor).toBeAllclose(together.second as Tensor, exact);
    });
  });

  it("keeps factors: rows of all micro-batches under one scale, whatever the weights", () => {
    scope(() => {
      const block = layerBlock("a", 2, 3);
      const factors = (seed: number, n: number) => ({
        g: random(seed, [n, 2]),
        a: random(seed + 9, [n, 3]),
        scale: 1 / n,
        hasBias: true,
      });
      const [p, q] = [factors(1, 2), factors(2, 5)];
      const total = [p, q].reduce<Updates | null>(
        (t, f, i) => accumulate(t, new Map([["a", factoredGradient(block, f)]]), i + 2),
        null,
      );
      expect(total?.get("a")?.factors?.a.shape).toEqual([7, 3]);
      const dense = [p, q].map((f) => f64([...factoredGradient(block, f).dense().dataSync()]));
      const wanted = dense.map((t, i) => scale(t, i + 2)).reduce((a, b) => sub(a, scale(b, -1)));
      expect(f64([...(total as Updates).get("a")!.dense().dataSync()])).toBeAllclose(wanted, exact);
    });
  });

  it("makes no NaN of factors whose weight is 0, wherever they stand", () => {
    const block = layerBlock("layer", 3, 4);
    const factored = (seed: number) =>
      factoredGradient(block, { g: random(seed, [2, 3]), a: random(seed + 1, [2, 4]), scale: 0.5, hasBias: true });
    const [nothing, all] = [factored(1), factored(3)].map((g): Updates => new Map([["layer", g]]));
    for (const order of [
      [nothing, all],
      [all, nothing],
    ] as const) {
      const total = order.reduce<Updates | null>((sum, g) => accumulate(sum, g as Updates, g === all ? 1 : 0), null);
      expect(total?.get("layer")?.factors).toBeDefined();
      expect(total?.get("layer")?.dense()).toBeAllclose(all?.get("layer")?.dense() as Tensor, exact);
    }
  });

  it("keeps the last coordinates of every micro-batch's rows", () => {
    const block = layerBlock("layer", 3, 4);
    const factored = (seed: number, last?: Tensor) =>
      factoredDirection(block, { g: random(seed, [2, 3]), a: random(seed + 1, [2, 4]), scale: 1, hasBias: true, last });
    const parts = [factored(1), factored(3, random(9, [2, 1]))];
    const total = parts.reduce<Updates | null>((sum, g) => accumulate(sum, new Map([["layer", g]]), 1), null);
    const want = add(parts[0]?.dense() as Tensor, parts[1]?.dense() as Tensor);
    expect(total?.get("layer")?.dense()).toBeAllclose(want, exact);
  });

  it("adds into one sum, and only reads the gradients", () => {
    scope(() => {
      const gradient = f64([1, 2]);
      const first = accumulate(null, updatesOf({ w: gradient }), 0.5);
      const storage = first.get("w")?.parts()[0]?.storage;
      const second = accumulate(first, updatesOf({ w: gradient }), 0.25);
      expect(second.get("w")?.parts()[0]?.storage).toBe(storage);
      expect(valuesOf(second, "w")).toEqual([0.75, 1.5]);
      expect([...gradient.dataSync()]).toEqual([1, 2]);
    });
  });

  it("gives a fresh joint form after each addition", () => {
    scope(() => {
      const gradients = () => new Map([["a", layerGradient("a", [[1, 2]], [3])]]);
      const first = accumulate(null, gradients(), 1);
      expect([...(first.get("a")?.dense().dataSync() ?? [])]).toEqual([1, 2, 3]);
      const second = accumulate(first, gradients(), 1);
      expect([...(second.get("a")?.dense().dataSync() ?? [])]).toEqual([2, 4, 6]);
    });
  });

  it("refuses gradients of other blocks", () => {
    const sum = accumulate(null, updatesOf({ w: f64([1]) }), 1);
    expect(() => accumulate(sum, updatesOf({ v: f64([1]) }), 1)).toThrow(
      "accumulate: micro-batches have gradients of other blocks (expected [w], got [v]).",
    );
  });

  it("feeds an optimizer as gradients do", () => {
    scope(() => {
      const parameters = { w: f64([1]) };
      using optimizer = adam({ learningRate: 0.5, epsilon: 0 });
      const total = accumulate(accumulate(null, updatesOf({ w: f64([3]) }), 0.5), updatesOf({ w: f64([5]) }), 0.5);
      optimizer.apply(parameters, optimizer.update(total, { parameters, step: 0 }), 0);
      expect([...parameters.w.dataSync()]).toEqual([0.5]);
    });
  });
});
