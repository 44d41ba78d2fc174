/** A kernel that meets bad values lets the reference answer: with its result, or with the error and all its numbers. */

import type { ComputeOp, HostOperand, Operand } from "@kronograd/tensor";
import type { Block } from "./engine/memory.ts";
import type { Runtime } from "./engine/runtime.ts";

/** Run an op's reference loops on the backend's memory, as part of a kernel; gives the kernel's outcome. */
export function runReference(
  { memory }: Runtime,
  op: { name: string },
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  params: unknown,
): "reference" {
  const host = (operand: Operand): HostOperand => ({ ...operand, data: memory.view(operand.handle as Block) });
  (op as ComputeOp<unknown>).reference(outputs.map(host), inputs.map(host), params);
  return "reference";
}
