import { softmaxCrossEntropy, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { hvp } from "./grad.ts";
import { valueAndGrad } from "./value-and-grad.ts";

const logits = tensor([[0.3, -1, 0.8]], { dtype: "float64" });
const labels = tensor(Int32Array.of(2));
const loss = () => softmaxCrossEntropy(logits, labels);

/** One row of the Hessian, by valueAndGrad around itself. */
const row = (): Tensor => {
  const slope = () => {
    const { gradients } = valueAndGrad(loss, { logits });
    return gradients
      .get("logits")!
      .parts()[0]!
      .mul(tensor([[1, 0, 0]], { dtype: "float64" }))
      .sum();
  };
  return valueAndGrad(slope, { logits }).gradients.get("logits")!.parts()[0]!;
};

describe("valueAndGrad around valueAndGrad", () => {
  it("gives a row of the Hessian, with nothing to be switched on before", () => {
    expect(row()).toBeAllclose(hvp(loss, logits, tensor([[1, 0, 0]], { dtype: "float64" })));
  });
});
