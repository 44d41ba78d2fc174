/**
 * The `webgpu` backend: tensors in buffers of the GPU, kernels in WGSL that are written and compiled when first needed.
 *
 * Calls only enqueue; values come by promise. What has no kernel runs its reference on the host in its turn, counted. The
 * first thing that goes wrong behind the caller's back (a lost device, memory at its end) rejects the next read.
 */

import {
  type Backend,
  BackendError,
  type DeviceOptions,
  type Dtype,
  type HostOperand,
  type Kernel,
  KronogradError,
  type Operand,
  type TypedArray,
} from "@kronograd/tensor";
import { HostFaults, runOnHost } from "@kronograd/tensor/kernel";
import { type Block, bytesOf, isOnGpu, Pool } from "./device/buffers.ts";
import { Queue, type QueueCounts } from "./device/commands.ts";
import { Stream } from "./device/program-order.ts";
import { allKernels } from "./kernels.ts";
import { createKit } from "./kit.ts";

/** A device of the browser or of Dawn, and what it calls itself. */
export interface OpenedGpu {
  readonly device: GPUDevice;
  readonly adapter: string;
}

/** What a device was asked for so far. */
export interface WebGpuCounts extends QueueCounts {
  /** Buffers that no free one could serve. */
  allocations: number;
  /** Calls that ran on the host. */
  hostCalls: number;
}

const views = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

/** A GPU as a device of tensors. */
export class WebGpuBackend implements Backend {
  readonly name = "webgpu";
  readonly adapter: string;
  readonly dtypes: ReadonlySet<Dtype> = new Set<Dtype>(["float32", "int32"]);
  readonly systems = "float32";
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly #pool: Pool;
  readonly #queue: Queue;
  readonly #stream: Stream;
  #hostCalls = 0;
  readonly #faults = new HostFaults();
  #isLost = false;

  constructor({ device, adapter }: OpenedGpu, _options: DeviceOptions = {}) {
    this.adapter = adapter;
    const onFault = (error: unknown) => this.#faults.keep(error);
    this.#pool = new Pool(device, (error) => {
      this.#queue.flush(); // before the pool destroys buffers that commands may still name
      onFault(error);
    });
    this.#queue = new Queue(device);
    this.#stream = new Stream(onFault);
    this.kernels = this.#checked(allKernels(createKit(this.#queue, this.#stream, this.#pool)));
    device.addEventListener("uncapturederror", ({ error }) => {
      const fault = new BackendError({
        where: "webgpu",
        problem: `the device reports: ${error.message}`,
        cause: error,
      });
      this.#pool.checked.then(() => onFault(fault)); // memory at its end comes first: uses of the buffer that is missing follow
    });
    device.lost.then(({ reason, message }) => {
      this.#isLost = true;
      if (reason === "destroyed") return;
      onFault(
        new BackendError({
          where: "webgpu",
          problem: `the device was lost: ${message}`,
          help: "Open a new device and resume from the last checkpoint.",
        }),
      );
    });
  }

  get counts(): WebGpuCounts {
    return { ...this.#queue.counts, allocations: this.#pool.made, hostCalls: this.#hostCalls };
  }

  /** Bytes of all buffers of the pool, in use or free. */
  get poolBytes(): number {
    return this.#pool.bytes;
  }

  allocate(dtype: Dtype, length: number): Block {
    this.#assertThere();
    return this.#pool.take(dtype, length);
  }

  free(block: Block): void {
    this.#pool.give(block);
  }

  write(block: Block, values: TypedArray): void {
    this.#assertThere();
    const own = this.#stream.isHeld ? values.slice() : values;
    this.#stream.push(() => {
      if (isOnGpu(block)) this.#queue.write(block, own);
      else block.data.set(own);
      block.error = undefined;
    });
  }

  async read(block: Block): Promise<TypedArray> {
    this.#assertThere();
    const { promise, resolve, reject } = withResolvers<TypedArray>();
    this.#stream.push(() => {
      this.#values(block).then(async (values) => {
        await this.#pool.checked;
        const error = block.error ?? block.check?.(values) ?? this.#faults.take();
        if (error === undefined) resolve(values);
        else reject(error);
      }, reject);
    });
    return promise;
  }

  runReference(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void {
    this.#assertThere();
    this.#hostCalls += 1;
    const blocks = [...outputs, ...inputs].map(({ handle }) => handle as Block);
    const finish = (values: readonly TypedArray[]) => {
      const operands = [...outputs, ...inputs].map((operand, i): HostOperand => ({ ...operand, data: values[i]! }));
      const [to, from] = [operands.slice(0, outputs.length), operands.slice(outputs.length)];
      const error = runOnHost(reference, to, from, this.#faults);
      for (const { handle } of outputs) (handle as Block).error = error;
      outputs.forEach(({ handle }, i) => {
        const block = handle as Block;
        if (isOnGpu(block)) this.#queue.write(block, values[i]!);
      });
    };
    this.#stream.push(() => {
      // outputs are read too: a reference may write a part of its buffer (an in-place update of a slice)
      if (!blocks.some(isOnGpu)) return finish(blocks.map((block) => (block as { data: TypedArray }).data));
      return Promise.all(blocks.map((block) => this.#values(block))).then(finish);
    });
  }

  /** Wait until all that was enqueued has run. @throws what went wrong since the last read */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.push(resolve));
    this.#queue.flush();
    await this.#queue.device.queue.onSubmittedWorkDone();
    await this.#pool.checked;
    const fault = this.#faults.take();
    if (fault !== undefined) throw fault;
  }

  dispose(): void {
    this.#isLost = true;
    this.#pool.destroy();
    this.#queue.destroy();
    this.#queue.device.destroy();
  }

  async #values(block: Block): Promise<TypedArray> {
    if (!isOnGpu(block)) return block.data;
    const bytes = await this.#queue.read(block, bytesOf(block)).catch((cause) => {
      throw this.#faults.take() ?? this.#gone(cause);
    });
    return new views[block.dtype](bytes);
  }

  /** Kernels only enqueue, so each decides at once whether it takes a call, from shapes alone. */
  #checked(kernels: ReadonlyMap<string, Kernel>): Map<string, Kernel> {
    const checked = new Map<string, Kernel>();
    for (const [name, kernel] of kernels) {
      checked.set(name, (outputs, inputs, params, op) => {
        this.#assertThere();
        for (const { handle } of outputs) {
          const block = handle as Block;
          block.error = undefined;
          block.check = undefined;
        }
        return kernel(outputs, inputs, params, op);
      });
    }
    return checked;
  }

  #gone(cause: unknown): KronogradError {
    return new BackendError({
      where: "webgpu",
      problem: "the device is gone",
      help: "Open a new device and resume from the last checkpoint.",
      cause,
    });
  }

  #assertThere(): void {
    if (!this.#isLost) return;
    const fault = this.#faults.take();
    throw fault instanceof KronogradError ? fault : this.#gone(fault);
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
