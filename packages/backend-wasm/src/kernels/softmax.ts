/** Kernels of softmax, logSoftmax, logSumExp and cross-entropy: float32 along the last axis. */

import { type Operand, sizeOf } from "@kronograd/tensor";
import { type AlongAxis, isFloat32, type SoftmaxCrossEntropyParams } from "@kronograd/tensor/kernel";
import { defineCrossEntropy, defineCrossEntropyGrad, defineLogSumExp, defineSoftmax } from "../emit/softmax.ts";
import type { Module } from "../engine/assembler.ts";
import { addressOf } from "../engine/runtime.ts";
import type { Kernels, Kit } from "../kit.ts";
import { runReference } from "../reference.ts";

/** Kernels of softmax, logSoftmax, logSumExp, cross-entropy and its gradient. */
export function softmaxKernels(kit: Kit): Kernels {
  // each has its exponentials, and a program needs one or two
  const made = <Name extends string>(name: Name, define: (module: Module, name: Name, fused: boolean) => void) => {
    const code = kit.code<Name>((module) => define(module, name, kit.fused));
    return (...operands: number[]) => code()[name](...operands);
  };
  const code = {
    softmax: made("softmax", defineSoftmax),
    logSoftmax: made("logSoftmax", defineSoftmax),
    logSumExp: made("logSumExp", defineLogSumExp),
    loss: made("loss", defineCrossEntropy),
    grad: made("grad", defineCrossEntropyGrad),
  };

  const lanes =
    (name: "softmax" | "logSoftmax"): Kernels[string] =>
    ([out], [x], { axis }: AlongAxis) => {
      const n = x!.shape[axis]!;
      if (x!.dtype !== "float32" || sizeOf(x!.shape.slice(axis + 1)) !== 1) return false;
      if (n > 0) code[name](sizeOf(x!.shape) / n, n, addressOf(kit.dense(x!)), addressOf(out!));
      return true;
    };

  /** Rows, classes and addresses; null where a label is out of range, which the reference reports. */
  const rowsOf = (logits: Operand, labels: Operand): readonly [number, number, number, number] | null => {
    const classes = logits.shape.at(-1)!;
    const dense = kit.dense(labels);
    for (const label of kit.values(dense)) if (!(label >= 0 && label < classes)) return null;
    return [sizeOf(labels.shape), classes, addressOf(kit.dense(logits)), addressOf(dense)];
  };

  const weightOf = (rows: number, { reduction }: SoftmaxCrossEntropyParams) => (reduction === "mean" ? 1 / rows : 1);

  return {
    softmax: lanes("softmax"),
    logSoftmax: lanes("logSoftmax"),

    logSumExp([out], [x], { axes }: { axes: readonly number[] }) {
      const first = x!.shape.length - axes.length;
      if (x!.dtype !== "float32" || axes.some((axis) => axis < first)) return false; // only trailing axes
      const rows = sizeOf(x!.shape.slice(0, first));
      code.logSumExp(rows, sizeOf(x!.shape.slice(first)), addressOf(kit.dense(x!)), addressOf(out!));
      return true;
    },

    softmaxCrossEntropy([out], inputs, params: SoftmaxCrossEntropyParams, op) {
      const [logits, labels] = inputs;
      if (logits!.dtype !== "float32") return false;
      const rows = rowsOf(logits!, labels!);
      if (rows === null) return runReference(kit, op, [out!], inputs, params);
      kit.values(out!)[0] = code.loss(...rows, params.labelSmoothing) * weightOf(rows[0], params);
      return true;
    },

    softmaxCrossEntropyGrad([out], inputs, params: SoftmaxCrossEntropyParams, op) {
      const [logits, labels, cotangent] = inputs;
      if (!isFloat32(logits, cotangent)) return false;
      const rows = rowsOf(logits!, labels!);
      if (rows === null) {
        return runReference(kit, op, [out!], inputs, params);
      }
      const weight = weightOf(rows[0], params) * kit.values(cotangent!)[0]!;
      code.grad(...rows, params.labelSmoothing, weight, addressOf(out!));
      return true;
    },
  };
}
