/**
 * An asynchronous device without hardware: `cpu`'s loops behind a queue, so that what runs on GPUs can be tested anywhere.
 *
 * Calls only enqueue. Values come by promise, in the order of the program, and never at once; there is no `host`. As on a
 * GPU, float64 is not native: such buffers stand for host memory, and calls that touch one are counted as host calls.
 * Allocations, readbacks and host calls are counted.
 */

import {
  type Backend,
  BackendError,
  type ComputeOp,
  Device,
  type Dtype,
  type HostOperand,
  type Kernel,
  type NumericalError,
  type Operand,
  type TypedArray,
  typedArray,
} from "@kronograd/tensor";
import { HostFaults, runOnHost } from "@kronograd/tensor/kernel";

/** How a deferred device differs from a plain GPU. */
export interface DeferredOptions {
  /** Dtypes with kernels; default float32 and int32. */
  readonly dtypes?: readonly Dtype[];
  /** Ops without a kernel; default: none. */
  readonly without?: readonly string[];
}

/** What a deferred device was asked for so far. */
export interface DeferredCounts {
  /** Values that were asked for. */
  reads: number;
  /** Buffers that no free one could serve. */
  allocations: number;
  /** Calls that ran on the host, for want of a kernel. */
  hostCalls: number;
}

/** A device that must be waited for. */
export class DeferredDevice extends Device {
  readonly counts: Readonly<DeferredCounts>;

  constructor(options: DeferredOptions = {}) {
    const backend = new DeferredBackend(options);
    super(backend, { why: ["deferred: made by a test"] });
    this.counts = backend.counts;
  }

  /** Lose the device: every later read rejects, and every later call throws. */
  lose(): void {
    (this.backend as DeferredBackend).lost = true;
  }
}

/** Open an asynchronous device with counts of its own. */
export const deferred = (options: DeferredOptions = {}): DeferredDevice => new DeferredDevice(options);

/** One buffer; `error` is of the last reference that failed to fill it. */
interface Buffer {
  readonly data: TypedArray;
  readonly key: string;
  error: NumericalError | undefined;
}

class DeferredBackend implements Backend {
  readonly name = "deferred";
  readonly adapter = "cpu behind a queue";
  readonly dtypes: ReadonlySet<Dtype>;
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly counts: DeferredCounts = { reads: 0, allocations: 0, hostCalls: 0 };
  lost = false;
  readonly #spare = new Map<string, Buffer[]>();
  #queue: (() => void)[] = [];
  readonly #faults = new HostFaults();

  constructor({ dtypes = ["float32", "int32"], without = [] }: DeferredOptions) {
    this.dtypes = new Set(dtypes);
    this.kernels = new Kernels((outputs, inputs, params, op) => {
      this.#enqueue((outs, ins) => (op as ComputeOp<unknown>).reference(outs, ins, params), outputs, inputs);
      return true;
    }, without);
  }

  allocate(dtype: Dtype, length: number): Buffer {
    this.#assertThere();
    const key = `${dtype} ${length}`;
    const spare = this.#spare.get(key)?.pop();
    if (spare !== undefined) return spare;
    this.counts.allocations += 1;
    return { data: typedArray(dtype, length), key, error: undefined };
  }

  /** Used again by what is enqueued later, which runs later. */
  free(buffer: Buffer): void {
    const list = this.#spare.get(buffer.key) ?? [];
    this.#spare.set(buffer.key, list);
    list.push(buffer);
  }

  write(buffer: Buffer, values: TypedArray): void {
    this.#assertThere();
    const own = values.slice();
    this.#queue.push(() => {
      buffer.data.set(own);
      buffer.error = undefined;
    });
  }

  async read(buffer: Buffer): Promise<TypedArray> {
    this.counts.reads += 1;
    let values: TypedArray | undefined;
    let error: unknown;
    this.#queue.push(() => {
      values = buffer.data.slice();
      error = buffer.error ?? this.#faults.take();
    });
    while (values === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#assertThere();
      this.#flush();
    }
    if (error !== undefined) throw error;
    return values;
  }

  runReference(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void {
    this.counts.hostCalls += 1;
    this.#enqueue(reference, outputs, inputs);
  }

  #enqueue(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void {
    this.#assertThere();
    this.#queue.push(() => {
      const error = runOnHost(reference, outputs.map(onHost), inputs.map(onHost), this.#faults);
      for (const { handle } of outputs) (handle as Buffer).error = error;
    });
  }

  #flush(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const call of queue) call();
  }

  #assertThere(): void {
    if (!this.lost) return;
    throw new BackendError({ where: "deferred", problem: "the device was lost", help: "Resume from the checkpoint." });
  }
}

/** One kernel for every op but some. */
class Kernels extends Map<string, Kernel> {
  readonly #kernel: Kernel;
  readonly #without: readonly string[];

  constructor(kernel: Kernel, without: readonly string[]) {
    super();
    this.#kernel = kernel;
    this.#without = without;
  }

  override get(name: string): Kernel | undefined {
    return this.#without.includes(name) ? undefined : this.#kernel;
  }
}

function onHost({ handle, ...rest }: Operand): HostOperand {
  return { ...rest, data: (handle as Buffer).data };
}
