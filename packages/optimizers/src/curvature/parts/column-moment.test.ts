import { gram, symmetricEigen, syrk } from "@kronograd/linalg";
import { add, normal, Rng, scale, sub, sum, type Tensor, transpose } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { averageColumns, truncateColumns } from "./column-moment.ts";

const random = (seed: number, rows: number, columns: number): Tensor =>
  normal(new Rng(seed), [rows, columns], { dtype: "float64" });
/** X Xᵀ of columns that are stored as rows of Xᵀ. */
const moment = (Xt: Tensor): Tensor => gram(Xt);
const batches = Array.from({ length: 4 }, (_, i) => random(i, 5, 40)); // five columns each, d = 40

describe("S9: averageColumns", () => {
  it("is the dense running average until the cap is reached", () => {
    let columns: Tensor | null = null;
    let dense: Tensor | null = null;
    batches.forEach((batch, k) => {
      const decay = k === 0 ? 0 : 0.9;
      columns = averageColumns(columns, batch, decay, 20);
      dense = dense === null ? moment(batch) : add(scale(dense, decay), scale(moment(batch), 1 - decay));
      expect(moment(columns)).toBeAllclose(dense, { rtol: 1e-10 });
      expect(columns.shape).toEqual([5 * (k + 1), 40]);
    });
  });

  it("stays so past the cap where the cap is the dimension", () => {
    const small = Array.from({ length: 4 }, (_, i) => random(i, 5, 6));
    let columns: Tensor | null = null;
    let dense: Tensor | null = null;
    small.forEach((batch, k) => {
      columns = averageColumns(columns, batch, k === 0 ? 0 : 0.9, 6);
      dense = dense === null ? moment(batch) : add(scale(dense, 0.9), scale(moment(batch), 1 - 0.9));
      expect(moment(columns)).toBeAllclose(dense, { rtol: 1e-10 });
    });
  });

  it("never keeps more columns than the cap", () => {
    let columns: Tensor | null = null;
    for (const batch of batches) columns = averageColumns(columns, batch, 0.9, 8);
    expect((columns as unknown as Tensor).shape).toEqual([8, 40]);
  });

  it("forgets the old columns with decay 0", () => {
    expect(averageColumns(batches[0] as Tensor, batches[1] as Tensor, 0, 20)).toBe(batches[1]);
  });
});

describe("truncateColumns", () => {
  const cases = [
    { name: "fewer columns than rows", Xt: random(1, 9, 30) },
    { name: "more columns than rows", Xt: random(2, 30, 9) },
  ];
  for (const { name, Xt } of cases) {
    it(`is the best approximation of its rank: the error is the discarded eigenvalue mass, ${name}`, () => {
      const eigenvalues = [...symmetricEigen(syrk(Xt)).values.dataSync()].toReversed();
      for (const rank of [1, 4, 8]) {
        const error = sub(moment(Xt), moment(truncateColumns(Xt, rank)));
        const discarded = eigenvalues.slice(rank);
        const squares = discarded.reduce((total, w) => total + w * w, 0);
        expect(sum(error.mul(error)).itemSync()).toBeCloseTo(squares, 8); // Frobenius norm
        const trace = discarded.reduce((a, b) => a + b);
        const lost =
          sum(Xt.mul(Xt)).itemSync() - sum(truncateColumns(Xt, rank).mul(truncateColumns(Xt, rank))).itemSync();
        expect(lost).toBeCloseTo(trace, 8); // trace
      }
    });

    it(`gives orthogonal columns, ${name}`, () => {
      const kept = truncateColumns(Xt, 4);
      const inner = syrk(kept).dataSync();
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < i; j++) expect(Math.abs(inner[i * 4 + j] as number)).toBeLessThan(1e-10);
    });

    it(`loses nothing where the rank suffices, ${name}`, () => {
      expect(moment(truncateColumns(Xt, 9))).toBeAllclose(moment(Xt), { rtol: 1e-10 });
      expect(truncateColumns(Xt, 100).shape).toEqual([9, Xt.shape[1]]);
    });
  }

  it("does not mind a view", () => {
    const view = transpose(random(3, 30, 9));
    expect(moment(truncateColumns(view, 9))).toBeAllclose(moment(view), { rtol: 1e-10 });
  });
});
