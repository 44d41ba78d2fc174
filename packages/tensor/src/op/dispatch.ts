/**
 * How a call of an op runs: checks, outputs, the device's kernel or the reference loops, and one recorder slot that is told
 * of each call; autograd fills it, a FLOP counter may.
 */

import type { Device } from "../device.ts";
import { BackendError, DtypeError, ShapeError, UsageError } from "../errors.ts";
import type { HostOperand, Operand } from "../layout/operand.ts";
import type { Dtype, TypedArray } from "../tensor/dtype.ts";
import { assertShape, extentOf, isContiguous, type Shape, sameShape, sizeOf, stridesOf } from "../tensor/shape.ts";
import { Storage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { ComputeOp, Each, Names, Op } from "./op.ts";

/** Receives each call that ran, from dispatch. */
export interface Recorder {
  record<P>(op: Op<P>, inputs: readonly Tensor[], outputs: readonly Tensor[], params: P): void;
}

let recorder: Recorder | undefined;

/** Put a recorder in the slot; returns the one that was there, to be put back. */
export function setRecorder(next: Recorder | undefined): Recorder | undefined {
  const previous = recorder;
  recorder = next;
  return previous;
}

/**
 * Run an op: check, allocate outputs, run the device's kernel or the reference, tell the recorder.
 *
 * @throws {UsageError}    a disposed input, or inputs on two devices
 * @throws {BackendError}  a strict device has no kernel
 */
export function dispatch<P, I extends Names, O extends Names>(
  op: Op<P, I, O>,
  inputs: Each<I, Tensor>,
  params: P,
): Each<O, Tensor>;
export function dispatch<P>(op: Op<P>, inputs: readonly Tensor[], params: P): readonly Tensor[] {
  const device = commonDevice(op.name, inputs);
  const [first] = inputs as readonly [Tensor];
  const outputs =
    "view" in op
      ? [new Tensor(first.storage, op.view(first, params))]
      : op.shape(inputs, params).map(({ shape, dtype }) => empty(device, shape, dtype));
  if ("reference" in op) {
    try {
      execute(op, device, outputs, inputs, params);
    } catch (error) {
      for (const t of outputs) t.dispose();
      throw error;
    }
  }
  recorder?.record(op, inputs, outputs, params);
  return outputs;
}

/** `dispatch` for an op with one output. */
export function run<P, I extends Names>(op: Op<P, I>, inputs: Each<I, Tensor>, params: P): Tensor {
  return dispatch<P, Names, Names>(op, inputs, params)[0]!;
}

/**
 * Run an op into existing tensors: parameters and optimizer state. Their version counts up; nothing is recorded, so a tape
 * that saved the old value will refuse to go backward through it. An elementwise op may read the target it overwrites.
 *
 * @throws {ShapeError | DtypeError} a target does not have the output's shape or dtype, or is not contiguous
 * @throws {UsageError}              an input shares memory with a target in any other way
 */
export function dispatchInto<P>(
  op: ComputeOp<P>,
  targets: readonly Tensor[],
  inputs: readonly Tensor[],
  params: P,
): void {
  const device = commonDevice(op.name, [...targets, ...inputs]);
  op.shape(inputs, params).forEach(({ shape, dtype }, i) => {
    const target = targets[i] as Tensor;
    assertShape(op.name, "in-place target has another shape", shape, target.shape);
    if (target.dtype !== dtype) {
      throw new DtypeError({
        where: op.name,
        problem: "in-place target has another dtype",
        expected: dtype,
        got: target.dtype,
      });
    }
    if (!isContiguous(target)) {
      throw new ShapeError({ where: op.name, problem: "in-place target must be contiguous", got: target.strides });
    }
    const spoilt = inputs.find((input, place) => readsWhileWritten(op, place, input, target));
    if (spoilt !== undefined) {
      throw new UsageError({
        where: op.name,
        problem: "an input shares memory with the in-place target, so it would change while it is read",
        got: `input [${spoilt.shape.join(", ")}] of a buffer with target [${target.shape.join(", ")}]`,
        help: "Pass copy(input).",
      });
    }
  });
  execute(op, device, targets, inputs, params);
  for (const target of targets) target.storage.version += 1;
}

/** Whether writing the target changes elements of an input that are still to be read. */
function readsWhileWritten<P>(op: ComputeOp<P>, place: number, input: Tensor, target: Tensor): boolean {
  if (input.storage !== target.storage) return false;
  const inStep = op.family === "elementwise" || (op.accumulates === true && place === 0);
  const isSame = isContiguous(input) && sameShape(input.shape, target.shape) && input.offset === target.offset;
  if (inStep && isSame) return false;
  const [first, last] = extentOf(input);
  const [start, end] = extentOf(target);
  return first <= end && start <= last;
}

/** An uninitialised contiguous tensor. */
export function empty(device: Device, shape: Shape, dtype: Dtype): Tensor {
  return new Tensor(new Storage(device, dtype, sizeOf(shape)), { shape, strides: stridesOf(shape), offset: 0 });
}

function execute<P>(
  op: ComputeOp<P>,
  device: Device,
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  params: P,
): void {
  const { backend, coverage } = device;
  let row = coverage.get(op.name);
  if (row === undefined) {
    row = { kernel: 0, reference: 0, referenceInKernel: 0 };
    coverage.set(op.name, row);
  }
  const outs = outputs.map(operand);
  const ins = inputs.map(operand);
  const isNative = ({ dtype }: Operand) => backend.dtypes?.has(dtype) ?? true;
  const kernel = backend.kernels.get(op.name) ?? (op.family === undefined ? undefined : backend.kernels.get(op.family));
  const outcome = kernel !== undefined && outs.every(isNative) && ins.every(isNative) && kernel(outs, ins, params, op);
  if (outcome !== false) {
    row[outcome === "reference" ? "referenceInKernel" : "kernel"] += 1;
    return;
  }
  if (device.strict && device.kind !== "cpu") {
    throw new BackendError({
      where: op.name,
      problem: `device "${device.kind}" is strict and has no kernel for this call`,
      got: inputs,
      help: "Open the device without strict to run the reference loops.",
    });
  }
  row.reference += 1;
  if (backend.host !== undefined) {
    const view = (o: Operand): HostOperand => ({ ...o, data: backend.host?.(o.handle) as TypedArray });
    op.reference(outs.map(view), ins.map(view), params);
  } else if (backend.runReference !== undefined) {
    backend.runReference((hostOutputs, hostInputs) => op.reference(hostOutputs, hostInputs, params), outs, ins);
  } else {
    throw new BackendError({
      where: op.name,
      problem: `backend "${backend.name}" has no kernel and cannot run references`,
    });
  }
}

function operand({ shape, strides, offset, dtype, storage }: Tensor): Operand {
  return { shape, strides, offset, dtype, handle: storage.handle };
}

function commonDevice(where: string, tensors: readonly Tensor[]): Device {
  const first = tensors[0];
  if (first === undefined) throw new UsageError({ where, problem: "an op needs at least one input" });
  for (const t of tensors) {
    t.assertLive(where);
    if (t.device.backend !== first.device.backend) {
      throw new UsageError({
        where,
        problem: "inputs are on two devices",
        got: [first.device, t.device],
        help: "Move one with to(t, device).",
      });
    }
  }
  return first.device;
}
