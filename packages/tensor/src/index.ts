/** `@kronograd/tensor`: arrays, shapes, ops, the Backend contract and the `cpu` backend. */

export * from "./ambient.ts";
export * from "./backend.ts";
export { cpu } from "./backends/cpu.ts";
export { assertWhole } from "./checks.ts";
export * from "./create.ts";
export * from "./dtype.ts";
export * from "./elementwise.ts";
export * from "./errors.ts";
export type { Expression } from "./expression.ts";
export * from "./higher-order.ts";
export { gemm, type Matrix, transposed } from "./loops/gemm.ts";
export { syrkLoops } from "./loops/products.ts";
export * from "./memory.ts";
export { steps } from "./offsets.ts";
export * from "./op.ts";
export type { Operable } from "./operable.ts";
export * from "./ops/index.ts";
export * from "./rng.ts";
export { rowMajor } from "./rows.ts";
export * from "./samples.ts";
export { heldTensors, type OpenScope, openScope, scope, tensorsIn } from "./scope.ts";
export * from "./shape.ts";
export { Storage } from "./storage.ts";
export { adopt, detach, retain, Tensor } from "./tensor.ts";
export { type HandleTrace, type LiveHandle, traceHandles } from "./trace.ts";
export { outputSize, type Window } from "./window.ts";
