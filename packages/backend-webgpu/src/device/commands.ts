/**
 * Commands on their way to the GPU: dispatches, copies and small writes are gathered and go off together.
 *
 * One ring buffer carries the uniforms of all dispatches and the values of small writes; it is filled on the host while
 * commands gather, and written once, just before they are submitted.
 */

import type { GpuBlock } from "./buffers.ts";
import { compute, mapRead, usage } from "./flags.ts";

/** A pipeline with the pattern of its storage bindings: "w" for written (and perhaps read), "r" for read. */
export interface Pipeline {
  readonly compute: GPUComputePipeline;
  readonly accesses: string;
}

/** Of each dispatch: 128 uniforms of four bytes. */
export const uniformBytes = 512;
const slot = 256; // the default limit for the alignment of dynamic offsets
const ringBytes = 1 << 18;
const largestInline = 1 << 14;
/** Commands that are submitted together at most, so that the device starts while the host goes on. */
const batch = 256;

/** What was sent so far. */
export interface QueueCounts {
  submissions: number;
  dispatches: number;
  readbacks: number;
}

export class Queue {
  readonly counts: QueueCounts = { submissions: 0, dispatches: 0, readbacks: 0 };
  readonly device: GPUDevice;
  readonly #ring: GPUBuffer;
  readonly #staged = new Uint8Array(ringBytes);
  #used = 0;
  #commands = 0;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #isScheduled = false;
  readonly #uniformLayout: GPUBindGroupLayout;
  readonly #uniformGroup: GPUBindGroup;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  #groups = new Map<string, GPUBindGroup>();
  readonly #staging = new Map<number, GPUBuffer[]>();

  constructor(device: GPUDevice) {
    this.device = device;
    this.#ring = device.createBuffer({
      size: ringBytes + uniformBytes,
      usage: usage.uniform | usage.copySource | usage.copyTarget,
    });
    this.#uniformLayout = device.createBindGroupLayout({
      entries: [
        {
          binding: 0,
          visibility: compute,
          buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: uniformBytes },
        },
      ],
    });
    this.#uniformGroup = device.createBindGroup({
      layout: this.#uniformLayout,
      entries: [{ binding: 0, resource: { buffer: this.#ring, size: uniformBytes } }],
    });
  }

  /** Compile a program. Errors of WGSL come as the device's uncaptured errors. */
  pipeline(code: string, accesses: string, label: string): Pipeline {
    const module = this.device.createShaderModule({ code, label });
    const layout = this.device.createPipelineLayout({
      bindGroupLayouts: [this.#uniformLayout, this.#storageLayout(accesses)],
    });
    return { compute: this.device.createComputePipeline({ layout, compute: { module }, label }), accesses };
  }

  /** Run a pipeline on blocks, in the order of its bindings; `fill` writes the uniforms. */
  dispatch(
    { compute: pipeline, accesses }: Pipeline,
    blocks: readonly GpuBlock[],
    fill: (uniforms: DataView) => void,
    [x, y, z]: readonly [number, number, number],
  ): void {
    const at = this.#reserve(uniformBytes);
    fill(new DataView(this.#staged.buffer, at, uniformBytes));
    const pass = this.#passOf();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#uniformGroup, [at]);
    pass.setBindGroup(1, this.#group(accesses, blocks));
    pass.dispatchWorkgroups(x, y, z);
    this.counts.dispatches += 1;
    this.#count();
  }

  write({ buffer }: GpuBlock, values: ArrayBufferView): void {
    const { byteLength } = values;
    if (byteLength === 0) return;
    if (byteLength > largestInline) {
      this.flush();
      this.device.queue.writeBuffer(buffer, 0, values as ArrayBufferView<ArrayBuffer>);
      return;
    }
    const at = this.#reserve(byteLength);
    this.#staged.set(new Uint8Array(values.buffer, values.byteOffset, byteLength), at);
    this.#encoderOf().copyBufferToBuffer(this.#ring, at, buffer, 0, byteLength);
    this.#count();
  }

  clear({ buffer }: GpuBlock): void {
    this.#encoderOf().clearBuffer(buffer);
    this.#count();
  }

  copy(source: GpuBlock, from: number, target: GpuBlock, to: number, bytes: number): void {
    if (bytes === 0) return;
    this.#encoderOf().copyBufferToBuffer(source.buffer, from, target.buffer, to, bytes);
    this.#count();
  }

  /** The bytes of a buffer as they are once all commands so far have run. */
  async read({ buffer }: GpuBlock, bytes: number): Promise<ArrayBuffer> {
    this.counts.readbacks += 1;
    if (bytes === 0) return new ArrayBuffer(0);
    const staging =
      this.#staging.get(buffer.size)?.pop() ??
      this.device.createBuffer({ size: buffer.size, usage: usage.copyTarget | usage.mapRead });
    this.#encoderOf().copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    this.flush();
    await staging.mapAsync(mapRead, 0, bytes);
    const values = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    const list = this.#staging.get(staging.size) ?? [];
    this.#staging.set(staging.size, list);
    if (list.length < 4) list.push(staging);
    else staging.destroy();
    return values;
  }

  /** Send what has gathered. */
  flush(): void {
    if (this.#encoder === undefined) return;
    this.#pass?.end();
    this.#pass = undefined;
    if (this.#used > 0) this.device.queue.writeBuffer(this.#ring, 0, this.#staged, 0, this.#used);
    this.device.queue.submit([this.#encoder.finish()]);
    this.counts.submissions += 1;
    this.#encoder = undefined;
    this.#used = 0;
    this.#commands = 0;
  }

  destroy(): void {
    this.#ring.destroy();
    for (const list of this.#staging.values()) for (const buffer of list) buffer.destroy();
  }

  /** Place in the ring; sends what has gathered where it is full. */
  #reserve(bytes: number): number {
    if (this.#used + bytes > ringBytes) this.flush();
    const at = this.#used;
    this.#used += Math.ceil(bytes / slot) * slot;
    return at;
  }

  #count(): void {
    this.#commands += 1;
    if (this.#commands >= batch) this.flush();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // what a synchronous stretch of the program has enqueued goes off when it ends, whether or not anybody waits for it
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #encoderOf(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }

  #passOf(): GPUComputePassEncoder {
    if (this.#pass === undefined) {
      this.#encoder ??= this.device.createCommandEncoder();
      this.#pass = this.#encoder.beginComputePass();
    }
    return this.#pass;
  }

  #storageLayout(accesses: string): GPUBindGroupLayout {
    let layout = this.#layouts.get(accesses);
    if (layout === undefined) {
      layout = this.device.createBindGroupLayout({
        entries: [...accesses].map((access, binding) => ({
          binding,
          visibility: compute,
          buffer: { type: access === "w" ? "storage" : "read-only-storage" },
        })),
      });
      this.#layouts.set(accesses, layout);
    }
    return layout;
  }

  #group(accesses: string, blocks: readonly GpuBlock[]): GPUBindGroup {
    const key = `${accesses} ${blocks.map(({ id }) => id).join(" ")}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size > 4096) this.#groups = new Map();
      group = this.device.createBindGroup({
        layout: this.#storageLayout(accesses),
        entries: blocks.map(({ buffer }, binding) => ({ binding, resource: { buffer } })),
      });
      this.#groups.set(key, group);
    }
    return group;
  }
}
