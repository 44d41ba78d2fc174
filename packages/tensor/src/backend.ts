/**
 * Contract of a backend: memory for buffers, and kernels found by op name.
 *
 * A backend may start with no kernel at all: every op then runs through its reference loops. Kernels are added one by
 * one; a call that finds none is counted on the device, shown in its coverage table, and refused when the device is strict.
 * There is no list of backend names: a package or a user's file calls `registerBackend`.
 */

import type { Handle, HostOperand, Operand } from "./layout/operand.ts";
import type { Dtype, TypedArray } from "./tensor/dtype.ts";

/**
 * Outcome of a kernel's call.
 *
 * `true`: it computed the result. `"reference"`: it met values that only the reference loops answer well (a failed pivot, an index
 * out of range) and ran them itself. `false`: it declined a case (a dtype, a layout), before writing anything.
 */
export type KernelOutcome = boolean | "reference";

/**
 * A fast path for one op. Outputs are contiguous and uninitialised (or, for in-place updates, the target itself). A call that it
 * declines runs the reference and is counted; a strict device refuses it, so kernels decline by shapes and dtypes, never by
 * values.
 */
export type Kernel = (
  outputs: readonly Operand[],
  inputs: readonly Operand[],
  // biome-ignore lint/suspicious/noExplicitAny: each op has its own parameters, and a kernel map holds all of them
  params: any,
  op: { name: string },
) => KernelOutcome;

/** Memory for buffers, and kernels found by op name. */
export interface Backend {
  readonly name: string;
  /** The hardware or software in use: processor features, adapter, renderer. */
  readonly adapter: string;
  /** Dtypes that its kernels compute in; default: all. A call with another runs its reference in host memory, counted. */
  readonly dtypes?: ReadonlySet<Dtype>;
  /** Reserve an uninitialised buffer of `length` elements, of any dtype. @throws {BackendError} when memory is at its end */
  allocate(dtype: Dtype, length: number): Handle;
  free(handle: Handle): void;
  /** Copy host values to the start of a buffer. */
  write(handle: Handle, values: TypedArray): void;
  /** A copy of a whole buffer; a promise where the device is asynchronous. */
  read(handle: Handle): TypedArray | Promise<TypedArray>;
  /** Host memory as a buffer without a copy, where the device computes in arrays of its host's own. */
  wrap?(values: TypedArray): Handle;
  /** The buffer itself as host memory, where the device computes in host memory (no copy). Valid until the next allocation. */
  host?(handle: Handle): TypedArray;
  /**
   * Run a reference kernel where there is no `host`: at once, or in its turn once the inputs have arrived, while the caller
   * goes on. A reference that throws a NumericalError then leaves NaN in its outputs, and reading one of those rejects with
   * it; any other error rejects the next read.
   */
  runReference?(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void;
  readonly kernels: ReadonlyMap<string, Kernel>;
  /** Release workers and memory; later calls throw BackendError. */
  dispose?(): void;
}

/** How a device runs. */
export interface DeviceOptions {
  /** Throw where an op has no kernel, instead of running its reference. */
  readonly strict?: boolean;
  /** Threads that compute, where the backend has them; default 1, with which several runs share a machine best. */
  readonly threads?: number;
  /** Opt in to an experimental engine feature: "revectorize" joins vectors of 128 bits to 256, in V8 under Node 24 and later. */
  readonly fast?: "revectorize";
}

/** How to make a backend, and whether `createDevice("auto")` may choose it. */
export interface BackendProvider {
  readonly name: string;
  /** Higher is tried first by "auto"; `undefined`: never chosen by "auto". */
  readonly priority?: number;
  /** `null` when it can run here, else the reason why not. */
  unavailable(): string | null | Promise<string | null>;
  /** Why "auto" passes over a backend that can run here (its adapter is software); `null`: it does not. */
  passedOver?(): string | null | Promise<string | null>;
  /** Options that it has beyond the default, and whether each can be had here: one line each. */
  offers?(): readonly string[];
  create(options: DeviceOptions): Backend | Promise<Backend>;
}

/** Live memory of a device. */
export interface MemoryReport {
  /** Handles that were not disposed. */
  tensors: number;
  /** Buffers that some handle, view, tape or optimizer state still holds. */
  buffers: number;
  bytes: number;
  peakBytes: number;
  /** Handles that were forgotten and that the garbage collector gave back. */
  forgotten: number;
}

/** One op's row of the coverage table. */
export interface Coverage {
  /** Calls that the backend's own kernel computed. */
  kernel: number;
  /** Calls without a kernel, or that it declined: the reference loops ran. */
  reference: number;
  /** Calls in which the kernel itself ran the reference loops, because of values. */
  referenceInKernel: number;
}
