import {
  add,
  copy,
  dispatch,
  dispatchInto,
  elementwise,
  equal,
  greater,
  mul,
  type Rng,
  scope,
  sin,
  Tensor,
  tensor,
  transpose,
  where,
} from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { describe, expect, it } from "vitest";
import { agree, guarded } from "../../testing/agree.ts";

const swap = elementwise("testSwap", (x, y) => [e.add(y, e.constant(1)), e.sub(x, e.parameter("by"))], {
  parameters: { by: 1 },
});
const wave = elementwise("testWave", (x) => e.mul(x, e.tanh(e.sin(e.parameter("angle")))), {
  parameters: { angle: 1 },
});
const chain = elementwise(
  "testChain",
  (x, y, condition) =>
    e.select(condition, e.mul(e.exp(e.neg(e.square(x))), y), e.sub(e.constant(1), e.parameter("decay"))),
  {
    int32: [2],
    parameters: { decay: 0.999 },
  },
);

describe("elementwise", () => {
  it("agrees for every length around whole vectors, and for none", async () => {
    for (let n = 0; n < 35; n++) {
      await agree("silu", () => ({ inputs: [{ shape: [n] }], params: {} }), { runs: 2, dtypes: ["float32"] });
      await agree("add", () => ({ inputs: [{ shape: [n] }, { shape: [n] }], params: {} }), { runs: 2 });
    }
  });

  it("agrees for every way of broadcasting, in any layout", async () => {
    const some = (rng: Rng) => [3, 5, 7, 9].slice(rng.integer(4)).map((n) => (rng.integer(3) === 0 ? 1 : n));
    await agree(
      "multiplyAdd",
      (rng) => ({ inputs: [{ shape: some(rng) }, { shape: some(rng) }, { shape: [3, 5, 7, 9] }], params: {} }),
      { runs: 80 },
    );
    await agree(
      "testChain",
      (rng) => ({
        inputs: [{ shape: some(rng) }, { shape: some(rng) }, { shape: some(rng), dtype: "int32" }],
        params: { decay: 0.9 },
      }),
      { runs: 60, dtypes: ["float32"] },
    );
  });

  it("has Math's maximum beside 0: NaN stays, and −0 is below 0", () => {
    const values = [Number.NaN, -0, 0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const zero of [0, -0]) {
      const op = elementwise(`testAbove${zero === 0 && 1 / zero}`, (x) => [
        e.max(e.constant(zero), x),
        e.max(x, e.constant(zero)),
      ]);
      for (const dtype of ["float32", "float64"] as const) {
        const results = scope(() =>
          dispatch(op, [tensor(values, { device: guarded, dtype })], {}).map((t) => t.dataSync()),
        );
        for (const result of results) expect([...result]).toEqual(values.map((x) => Math.max(zero, x)));
      }
    }
  });

  it("computes what no input reaches in float64", () => {
    scope(() => {
      const device = guarded;
      const zero = tensor(Int32Array.of(0), { device });
      const x = tensor([1], { device });
      const target = tensor([0], { device });
      dispatchInto(chain, [target], [x, x, zero], { decay: 0.999 });
      expect(target.itemSync()).toBe(Math.fround(1 - 0.999));
    });
  });

  it("declines no expression for a word, like sin, that only numbers of the call have", () => {
    scope(() => {
      const kernels = () => guarded.coverage.get("testWave")?.kernel ?? 0;
      const before = kernels();
      const [y] = dispatch(wave, [tensor([2, -1], { device: guarded })], { angle: 0.5 }) as [Tensor];
      expect([...y.dataSync()]).toEqual([2, -1].map((x) => Math.fround(x * Math.fround(Math.tanh(Math.sin(0.5))))));
      expect(kernels()).toBe(before + 1);
    });
  });

  it("writes several outputs over its inputs", () => {
    scope(() => {
      for (const n of [1, 4, 7, 8, 31, 1000]) {
        const x = tensor(
          Float32Array.from({ length: n }, (_, i) => i),
          { device: guarded },
        );
        const y = tensor(
          Float32Array.from({ length: n }, (_, i) => -i),
          { device: guarded },
        );
        dispatchInto(swap, [x, y], [x, y], { by: 2 });
        expect([...x.dataSync()]).toEqual(Array.from({ length: n }, (_, i) => 1 - i));
        expect([...y.dataSync()]).toEqual(Array.from({ length: n }, (_, i) => i - 2));
      }
    });
  });

  it("writes only its own part of a larger buffer", () => {
    scope(() => {
      const buffer = tensor(new Float32Array(11).fill(7), { device: guarded });
      const other = tensor(new Float32Array(5), { device: guarded });
      const middle = new Tensor(buffer.storage, { shape: [5], strides: [1], offset: 3 });
      dispatchInto(swap, [middle, other], [middle, middle], { by: 2 });
      expect([...buffer.dataSync()]).toEqual([7, 7, 7, 8, 8, 8, 8, 8, 7, 7, 7]);
    });
  });

  it("compares integers exactly", () => {
    scope(() => {
      const device = guarded;
      const x = tensor(Int32Array.of(2 ** 24, 2 ** 24 + 1, -5, 2 ** 31 - 1, 0), { device });
      const y = tensor(Int32Array.of(2 ** 24 + 1, 2 ** 24 + 1, -6, 2 ** 31 - 2, 0), { device });
      expect([...equal(x, y).dataSync()]).toEqual([0, 1, 0, 0, 1]);
      expect([...greater(x, y).dataSync()]).toEqual([0, 0, 1, 1, 0]);
      expect([
        ...where(greater(x, y), tensor([1, 2, 3, 4, 5], { device }), tensor([0], { device })).dataSync(),
      ]).toEqual([0, 0, 3, 4, 0]);
    });
  });

  it("leaves to the reference what it lacks, and integers", () => {
    scope(() => {
      const device = guarded;
      const count = (name: string) => ({ ...guarded.coverage.get(name) });
      const before = count("sin").reference ?? 0;
      sin(tensor([1], { device }));
      expect(count("sin").reference).toBe(before + 1);
      expect([...mul(tensor(Int32Array.of(65536, 3), { device }), 2 as never).dataSync()]).toEqual([131072, 6]);
      expect([
        ...add(
          copy(
            transpose(
              tensor(
                [
                  [1, 2],
                  [3, 4],
                ],
                { device },
              ),
            ),
          ),
          0.5,
        ).dataSync(),
      ]).toEqual([1.5, 3.5, 2.5, 4.5]);
    });
  });
});
