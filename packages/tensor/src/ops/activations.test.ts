import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/create.ts";
import { elu, gelu, geluTanh, hardtanh, leakyRelu, relu, sigmoid, silu, softplus, tanh } from "./activations.ts";

const at = (f: (x: ReturnType<typeof tensor>) => ReturnType<typeof tensor>, ...x: number[]) =>
  Array.from(f(tensor(x, { dtype: "float64" })).dataSync());

describe("activations", () => {
  it("piecewise linear ones are exact", () => {
    expect(at(relu, -2, 0, 3)).toEqual([0, 0, 3]);
    expect(at(leakyRelu, -2, 0, 3)).toEqual([-0.02, 0, 3]);
    expect(at((x) => leakyRelu(x, { slope: 0.5 }), -2)).toEqual([-1]);
    expect(at(hardtanh, -2, 0.5, 3)).toEqual([-1, 0.5, 1]);
  });

  it("smooth ones are their formulas", () => {
    const x = 0.7;
    const s = 1 / (1 + Math.exp(-x));
    const close = (f: Parameters<typeof at>[0], want: number) => expect(at(f, x)[0]).toBeCloseTo(want, 14);
    close(sigmoid, s);
    close(silu, x * s);
    close(tanh, Math.tanh(x));
    close(softplus, Math.log(1 + Math.exp(x)));
    close(gelu, x * 0.758036347776927); // Φ(0.7)
    close(geluTanh, 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));
    expect(at(elu, -x)[0]).toBeCloseTo(Math.exp(-x) - 1, 14);
    expect(at((t) => elu(t, { alpha: 2 }), -x)[0]).toBeCloseTo(2 * Math.exp(-x) - 2, 14);
  });

  it.each([relu, leakyRelu, elu, hardtanh, tanh, sigmoid, softplus, silu, gelu, geluTanh])(
    "%o keeps NaN, and stays finite or right far out",
    (f) => {
      expect(at(f, Number.NaN)).toEqual([Number.NaN]);
      expect(at(f, 1000)[0]).toBeGreaterThanOrEqual(1);
      expect(at(f, -1000)[0]).toBeGreaterThanOrEqual(-10);
    },
  );
});
