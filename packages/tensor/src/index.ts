/** `@kronograd/tensor`: arrays, shapes, ops, the Backend contract and the `cpu` backend. */

export * from "./backend.ts";
export { cpu } from "./backends/cpu.ts";
export * from "./elementwise/elementwise.ts";
export type { Expression } from "./elementwise/expression.ts";
export type { Operable } from "./elementwise/scalar-or-tensor.ts";
export * from "./errors.ts";
export * from "./higher-order.ts";
export { steps } from "./layout/offsets.ts";
export { rowMajor } from "./layout/rows.ts";
export { outputSize, type Window } from "./layout/window.ts";
export { gemm, type Matrix, transposed } from "./loops/gemm.ts";
export { syrkLoops } from "./loops/products.ts";
export { assertWhole } from "./op/checks.ts";
export * from "./op/op.ts";
export * from "./op/samples.ts";
export * from "./ops/index.ts";
export * from "./tensor/create.ts";
export * from "./tensor/defaults.ts";
export * from "./tensor/dtype.ts";
export { type HandleTrace, type LiveHandle, traceHandles } from "./tensor/handle-trace.ts";
export * from "./tensor/memory.ts";
export * from "./tensor/rng.ts";
export { heldTensors, type OpenScope, openScope, scope, tensorsIn } from "./tensor/scope.ts";
export * from "./tensor/shape.ts";
export { Storage } from "./tensor/storage.ts";
export { adopt, detach, retain, Tensor } from "./tensor/tensor.ts";
export { mapTree, type Tree, treeLeaves } from "./tensor/tree.ts";
