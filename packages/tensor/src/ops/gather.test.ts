import { describe, expect, it } from "vitest";
import { DtypeError, ShapeError, UsageError } from "../errors.ts";
import { ones, tensor } from "../tensor/create.ts";
import { gather, scatterAdd } from "./gather.ts";
import { transpose } from "./permute.ts";

const values = (t: { dataSync(): ArrayLike<number> }) => Array.from(t.dataSync());
const indices = (list: number[], shape = [list.length]) => tensor(Int32Array.from(list), { shape });
const table = tensor([
  [1, 2],
  [3, 4],
  [5, 6],
]);

describe("gather", () => {
  it("looks up rows by indices of any shape", () => {
    const y = gather(table, indices([2, 0, 0, 1], [2, 2]));
    expect(y.shape).toEqual([2, 2, 2]);
    expect(values(y)).toEqual([5, 6, 1, 2, 1, 2, 3, 4]);
    expect(values(gather(transpose(table), indices([1])))).toEqual([2, 4, 6]);
    expect(values(gather(tensor([7, 8]), tensor(1, { dtype: "int32" })))).toEqual([8]);
    expect(gather(table, indices([])).shape).toEqual([0, 2]);
  });

  it("names the position and the value of an index out of range", () => {
    const call = () => gather(table, indices([0, 1, 3, 0], [2, 2]));
    expect(call).toThrow(UsageError);
    expect(call).toThrow("gather: index at position 2 is out of range (expected 0 … 2, got 3).");
  });

  it("refuses float indices and a scalar table", () => {
    expect(() => gather(table, ones([2]))).toThrow(DtypeError);
    expect(() => gather(tensor(1), indices([0]))).toThrow(ShapeError);
  });
});

describe("scatterAdd", () => {
  it("adds rows that share an index, and leaves zeros elsewhere", () => {
    expect(values(scatterAdd(table, indices([1, 3, 1]), 4))).toEqual([0, 0, 6, 8, 0, 0, 3, 4]);
    expect(values(scatterAdd(tensor(5), tensor(1, { dtype: "int32" }), 2))).toEqual([0, 5]);
  });

  it("undoes gather over distinct indices", () => {
    const order = indices([2, 0, 1]);
    expect(values(scatterAdd(gather(table, order), order, 3))).toEqual(values(table));
  });

  it("refuses indices out of range and of another shape", () => {
    expect(() => scatterAdd(table, indices([0, 1, 2]), 2)).toThrow("scatterAdd: index at position 2 is out of range");
    expect(() => scatterAdd(table, indices([0, 1]), 2)).toThrow(ShapeError);
  });
});
