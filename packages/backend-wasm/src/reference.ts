/** A kernel that meets bad values lets the reference answer, which gives the error with all its numbers. */

import type { ComputeOp, HostOperand, Operand } from "@kronograd/tensor";
import type { Block } from "./engine/memory.ts";
import type { Runtime } from "./engine/runtime.ts";

/** Run an op's reference loops on the backend's memory, as part of a kernel. */
export function runReference(
  { memory }: Runtime,
  op: { name: string },
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  params: unknown,
): void {
  const host = (operand: Operand): HostOperand => ({ ...operand, data: memory.view(operand.handle as Block) });
  (op as ComputeOp<unknown>).reference(outputs.map(host), inputs.map(host), params);
}
