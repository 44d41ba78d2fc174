import { secondMoment, woodbury } from "@kronograd/linalg";
import { normal, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import {
  applyFlops,
  cheaperForm,
  dualApply,
  dualFlops,
  factorsAreCheaper,
  primalApply,
  primalFlops,
  type SideWork,
  truncationFlops,
} from "./flops.ts";

const work = (fields: Partial<SideWork>): SideWork => ({
  dimension: 785,
  columns: 128,
  arriving: 128,
  vectors: 128,
  refreshEvery: 1,
  ...fields,
});

describe("flop counts", () => {
  it("are the published ones: 4Bd a vector through columns, 2d² through an inverse", () => {
    expect(dualApply(785, 128) - 4 * 785 * 128).toBe(2 * 128 ** 2);
    expect(primalApply(785)).toBe(2 * 785 ** 2);
  });

  it("spread a refresh over the steps between two", () => {
    const everyStep = dualFlops(work({}));
    const rarely = dualFlops(work({ refreshEvery: 10 }));
    const apply = 128 * dualApply(785, 128);
    expect(rarely - apply).toBeCloseTo((everyStep - apply) / 10, 3);
  });

  it("charge a truncation only where more columns arrive than are kept", () => {
    const capped = { columns: 64, truncation: truncationFlops };
    expect(dualFlops(work({ ...capped, arriving: 64 }))).toBeLessThan(dualFlops(work({ ...capped, arriving: 128 })));
    expect(dualFlops(work({ ...capped, arriving: 64 }))).toBe(dualFlops(work({ columns: 64 })));
  });
});

describe("cheaperForm", () => {
  it("is the cheaper of the two, whatever the sizes", () => {
    for (const dimension of [3, 10, 64, 200, 785, 4096]) {
      for (const columns of [1, 8, 32, 128, 512]) {
        for (const vectors of [1, 32, 1000]) {
          for (const refreshEvery of [1, 20]) {
            const side = work({ dimension, columns, arriving: columns, vectors, refreshEvery });
            const cheapest = Math.min(dualFlops(side), primalFlops(side));
            expect(cheaperForm(side) === "dual" ? dualFlops(side) : primalFlops(side)).toBe(cheapest);
          }
        }
      }
    }
  });

  it("keeps columns where they are far fewer than the dimension, a matrix where they are more", () => {
    expect(cheaperForm(work({}))).toBe("dual");
    expect(cheaperForm(work({ dimension: 10 }))).toBe("primal");
    expect(cheaperForm(work({ dimension: 65, columns: 128 }))).toBe("primal");
  });
});

describe("applyFlops", () => {
  it("counts the work of one vector in both forms", () => {
    const rows = normal(new Rng(0), [5, 12], { dtype: "float64" });
    const flops = (form: "dual" | "primal") => applyFlops(woodbury(secondMoment(rows, form), 1));
    expect([flops("dual"), flops("primal")]).toEqual([4 * 5 * 12 + 2 * 25, 2 * 144]);
  });
});

describe("factorsAreCheaper", () => {
  it("compares 2B(i² + o²) with 2io(i + o) for matrices", () => {
    const cheaper = (n: number, o: number, i: number) => factorsAreCheaper(n, [o, i], primalApply(o), primalApply(i));
    for (const [n, o, i] of [
      [128, 128, 785],
      [128, 10, 65],
      [32, 512, 512],
      [600, 512, 512],
    ] as const) {
      expect(cheaper(n, o, i)).toBe(2 * n * (i ** 2 + o ** 2) < 2 * i * o * (i + o));
    }
    expect(cheaper(32, 512, 512)).toBe(true);
    expect(cheaper(600, 512, 512)).toBe(false);
  });
});
