import {
  add,
  cpu,
  Device,
  memory,
  mul,
  normal,
  ones,
  Rng,
  scope,
  sin,
  sum,
  type Tensor,
  tanh,
  UsageError,
  uniform,
  write,
} from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dense, halfSquares, random } from "../testing/index.ts";
import { grad, hvp, jvp, vjp } from "./grad.ts";
import { recompute } from "./recompute.ts";
import { reductions } from "./reductions.ts";
import { withTape } from "./tape.ts";
import { valueAndGrad } from "./value-and-grad.ts";

const bits = (t: Tensor) => [...t.dataSync()];
type Around = (f: (x: Tensor) => Tensor, x: Tensor) => Tensor;
const plain: Around = (f, x) => f(x);
const again: Around = (f, x) => recompute((t) => f(t as Tensor), x);

/** Three dense layers; each is a segment, and the first two are one around them. */
function deep(around: Around, w: readonly Tensor[], x: Tensor): Tensor {
  const layer = (i: number) => (t: Tensor) => tanh(dense(`layer${i}`, t, w[i] as Tensor, null));
  const two = around((t) => around(layer(1), around(layer(0), t)), x);
  return around(layer(2), add(two, sin(two)));
}

const weights = () => [1, 2, 3].map((seed) => random(seed, [4, 4]));

describe("recompute", () => {
  it("gives the same value and the same bits of gradients, nested too", () => {
    const [w, x] = [weights(), random(9, [5, 4])];
    const of = (around: Around) => {
      const loss = () => sum(deep(around, w, x));
      return [loss(), ...grad(loss, w), grad(loss, x)].map(bits);
    };
    expect(of(again)).toEqual(of(plain));
  });

  it("gives the same layer records and factored gradients, for every label source", () => {
    const [w, x, targets] = [weights(), random(9, [5, 4]), random(8, [5, 4])];
    const parameters = Object.fromEntries(w.map((t, i) => [`layer${i}.weight`, t]));
    for (const outputGrads of ["empirical", "exact", "sampled"] as const) {
      for (const gradient of ["dense", "factored"] as const) {
        const of = (around: Around) => {
          const { value, gradients, records } = valueAndGrad(
            { outputs: () => deep(around, w, x), loss: halfSquares("mean"), targets },
            parameters,
            { capture: { inputs: true, outputGrads, gradient }, rng: new Rng(5) },
          );
          return [
            bits(value),
            [...gradients].map(([name, g]) => [name, g.parts().map(bits)]),
            [...records].map(([name, record]) => [
              name,
              bits(record.secondMoment("inputs", reductions.expand)),
              bits(record.secondMoment("outputGrads", reductions.expand)),
            ]),
          ];
        };
        expect(of(again)).toEqual(of(plain));
      }
    }
  });

  it("goes back several times, and has derivatives of any order", () => {
    const [w, x] = [weights(), random(9, [5, 4])];
    const v = random(4, [4, 4]);
    const of = (around: Around) => {
      const loss = () => sum(deep(around, w, x));
      using pullback = vjp(() => deep(around, w, x), w[0] as Tensor);
      const rows = [random(6, [5, 4]), random(7, [5, 4])].map((seed) => pullback.pull(seed));
      return [...rows, hvp(loss, w[1] as Tensor, v), jvp(loss, w[2] as Tensor, v).tangent];
    };
    of(again).forEach((t, i) => {
      expect(t).toBeAllclose(of(plain)[i] as Tensor, { rtol: 1e-12, atol: 1e-13 });
    });
  });

  it("takes several inputs and a tree of outputs", () => {
    const [a, b] = [random(1, [3]), random(2, [3])];
    const loss = () => {
      const { product, total } = recompute((a, b) => ({ product: mul(a as Tensor, b as Tensor), total: [add(a as Tensor, b as Tensor)] }), a, b); // biome-ignore format: short
      return sum(mul(product, total[0] as Tensor));
    };
    expect(grad(loss, [a, b]).map(bits)).toEqual(grad(() => sum(mul(mul(a, b), add(a, b))), [a, b]).map(bits));
  });

  it("runs the function once where nothing is recorded, and not again where no gradient passes", () => {
    let runs = 0;
    const f = (x: Tensor) => {
      runs += 1;
      return sin(x);
    };
    const x = random(1, [3]);
    again(f, x);
    expect(runs).toBe(1);
    grad(() => add(sum(x), sum(again(f, random(2, [3])))), x);
    expect(runs).toBe(2);
    grad(() => sum(again(f, x)), x);
    expect(runs).toBe(4);
  });

  it("holds one segment at a time on the way back: the peak falls, and nothing stays", () => {
    const peakOf = (around: Around) => {
      const device = new Device(cpu.backend);
      const w = normal(new Rng(1), [8, 8], { device });
      const x = normal(new Rng(2), [500, 8], { device });
      const before = memory(device);
      device.memory.peakBytes = before.bytes;
      const block = (t: Tensor) => tanh(sin(tanh(sin(dense("w", t, w, null)))));
      scope(() => void grad(() => sum(scope(() => [1, 2, 3, 4, 5, 6].reduce((t) => around(block, t), x))), w));
      expect(memory(device)).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
      return device.memory.peakBytes - before.bytes;
    };
    expect(peakOf(again)).toBeLessThan(0.6 * peakOf(plain));
  });

  it("keeps its inputs alone in the forward pass", () => {
    const [w, x] = [weights(), random(9, [5, 4])];
    const saved = (around: Around) =>
      withTape([...w], (tape) => {
        tape.run(() => scope(() => deep(around, w, x)));
        return tape.savedTensors;
      });
    expect(saved(again)).toBeLessThan(saved(plain));
  });

  it("refuses a function that does something else the second time, and leaves nothing", () => {
    const x = random(1, [3]);
    const { tensors } = memory();
    for (const second of [sin, (t: Tensor) => tanh(tanh(t)), (t: Tensor) => scope(() => ones(t.shape, t))]) {
      let runs = 0;
      const f = (t: Tensor) => (runs++ === 0 ? tanh(t) : second(t));
      expect(() => grad(() => sum(again(f, x)), x)).toThrow("recompute: the function did something else when it was run again"); // biome-ignore format: short
    }
    expect(memory().tensors).toBe(tensors);
  });

  it("refuses a tensor that was changed in place between the runs", () => {
    const [w, x] = [random(1, [3]), random(2, [3])];
    using f = vjp(() => again((t) => mul(t, w), x), x);
    write(w, w.dataSync());
    expect(() => f.pull(uniform(new Rng(0), [3], { dtype: "float64" }))).toThrow(UsageError);
  });
});
