import { describe, expect, it } from "vitest";
import { ShapeError, UsageError } from "../errors.ts";
import { dispatchInto } from "../op/dispatch.ts";
import { tensor } from "../tensor/create.ts";
import { addProduct, addProductOp } from "./add-product.ts";
import { transpose } from "./permute.ts";

const [A, B] = [tensor([[1, 2]]), tensor([[3], [4]])];

describe("addProduct", () => {
  it("adds a product to a part of what was there", () => {
    expect([...addProduct(tensor([[10]]), A, B, 0.5).dataSync()]).toEqual([16]);
    const turned = addProduct(tensor([[1], [1]]), transpose(A), tensor([[5]]), -1);
    expect([...turned.dataSync()]).toEqual([4, 9]);
  });

  it("may be written over C, but not over a factor", () => {
    const C = tensor([
      [1, 2],
      [3, 4],
    ]);
    dispatchInto(addProductOp, [C], [C, tensor([[1], [10]]), tensor([[1, 0]])], { decay: 2 });
    expect([...C.dataSync()]).toEqual([3, 4, 16, 8]);
    expect(() => dispatchInto(addProductOp, [C], [C, C, C], { decay: 1 })).toThrow(UsageError);
    expect(() => dispatchInto(addProductOp, [C], [transpose(C), A, A], { decay: 1 })).toThrow(ShapeError);
    expect(() => dispatchInto(addProductOp, [C], [transpose(C), tensor([[1], [2]]), A], { decay: 1 })).toThrow(
      UsageError,
    );
  });

  it("names the sizes that do not fit", () => {
    expect(() => addProduct(tensor([[1, 2]]), A, B, 1)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: addProduct: the sizes do not fit (expected [m, n], [m, k] and [k, n], got [[1, 2], [1, 2], [2, 1]]).]`,
    );
  });
});
