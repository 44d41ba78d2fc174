/** What this package's tests share; not exported. */

import {
  linear,
  mul,
  normal,
  Rng,
  randomSign,
  type Shape,
  scale,
  sub,
  sum,
  type Tensor,
  tensor,
} from "@kronograd/tensor";
import { recordLayer } from "../src/capture.ts";
import type { Loss, StepRows } from "../src/loss.ts";
import { stepRows } from "../src/step-rows.ts";

/** Normal values in float64. */
export const random = (seed: number, shape: Shape): Tensor => normal(new Rng(seed), shape, { dtype: "float64" });

/** ½‖f − y‖² of each example, summed or averaged over examples: its Hessian in an example's outputs is I. */
export function halfSquares(reduction: "mean" | "sum"): Loss {
  const count = (outputs: Tensor, rows?: StepRows) =>
    reduction === "mean" ? ((rows?.examples as number | undefined) ?? (outputs.shape[0] as number)) : 1;
  const like = (outputs: Tensor, value: (i: number) => number) =>
    tensor(
      Float64Array.from({ length: outputs.size }, (_, i) => value(i)),
      { shape: outputs.shape },
    );
  return {
    name: "halfSquares",
    reduction,
    value: (outputs, targets, rows) =>
      scale(sum(mul(sub(outputs, targets), sub(outputs, targets))), 0.5 / count(outputs, rows)),
    rows: ({ shape }) => stepRows({ shape: [shape[0] as number] }),
    hessianProduct: (outputs, _, vector) => scale(vector, 1 / count(outputs)),
    *labelColumns(source, outputs, _, rng) {
      const width = outputs.size / (outputs.shape[0] as number);
      if (source === "sampled") yield like(outputs, () => rng.normal());
      else if (source === "randomSign") yield like(outputs, () => randomSign(rng));
      else for (let c = 0; c < width; c++) yield like(outputs, (i) => (i % width === c ? 1 : 0));
    },
  };
}

/** A dense layer that shows itself. */
export function dense(name: string, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const output = linear(x, weight, bias);
  recordLayer({ name, weight, bias, input: x, output, geometry: { kind: "dense" } });
  return output;
}
