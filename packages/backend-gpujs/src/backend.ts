/**
 * The `gpujs` backend: tensors in float textures of WebGL2, kernels in JavaScript that gpu.js turns into shaders.
 *
 * Calls only enqueue, and values come by promise; but what has no kernel runs its reference on the host at once, for which
 * the processor waits until the GPU has got there. It is counted.
 *
 * Whole numbers that float32 holds exactly are floats here, and each buffer knows how large its own can be: arithmetic that
 * might leave 2²⁴ runs its reference. The others stay in host memory, and so does a call with such an input: an int32 is
 * never rounded.
 */

import {
  type Backend,
  BackendError,
  type Dtype,
  type HostOperand,
  type Kernel,
  type Operand,
  type TypedArray,
  typedArray,
} from "@kronograd/tensor";
import { HostFaults, runOnHost } from "@kronograd/tensor/kernel";
import { Engine } from "./device/engine.ts";
import type { Gpu } from "./device/gpujs.ts";
import { rendererOf } from "./device/renderer.ts";
import { allKernels } from "./kernels.ts";
import { type Block, blockOf, createKit } from "./kit.ts";

/** What a device was asked for so far. */
export interface GpujsCounts {
  /** Kernels that ran. */
  draws: number;
  /** Textures that exist. */
  textures: number;
  /** Calls that ran on the host. */
  hostCalls: number;
}

/** WebGL2 as a device of tensors. */
export class GpujsBackend implements Backend {
  readonly name = "gpujs";
  readonly adapter: string;
  readonly dtypes: ReadonlySet<Dtype> = new Set<Dtype>(["float32", "int32"]);
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly #engine: Engine;
  #hostCalls = 0;
  readonly #faults = new HostFaults();

  constructor(gpu: Gpu) {
    this.#engine = new Engine(gpu);
    this.adapter = `gpu.js, WebGL2 on ${rendererOf(this.#engine.gl)}`;
    const kernels = new Map<string, Kernel>();
    for (const [name, kernel] of allKernels(createKit(this.#engine))) {
      kernels.set(name, (outputs, inputs, params, op) => {
        this.#assertThere();
        if ([...inputs, ...outputs].some((operand) => blockOf(operand).host !== undefined)) return false;
        for (const output of outputs) blockOf(output).error = undefined;
        return kernel(outputs, inputs, params, op);
      });
    }
    this.kernels = kernels;
  }

  get counts(): GpujsCounts {
    return { ...this.#engine.counts, hostCalls: this.#hostCalls };
  }

  /** @throws {BackendError} more elements than indices in float32 are exact for, or than a texture holds */
  allocate(dtype: Dtype, length: number): Block {
    this.#assertThere();
    if (dtype !== "float64" && length > this.#engine.most) {
      throw new BackendError({
        where: "gpujs",
        problem: "a tensor is too large for indices that are exact, or for a texture",
        expected: `at most ${this.#engine.most} elements`,
        got: length,
        help: 'Use smaller batches, or the device "webgpu" or "wasm".',
      });
    }
    return { dtype, length, most: 0, texture: undefined, host: undefined, error: undefined };
  }

  free(block: Block): void {
    if (block.texture !== undefined) this.#engine.release(block.texture);
    block.texture = undefined;
    block.host = undefined;
  }

  write(block: Block, values: TypedArray): void {
    this.#assertThere();
    block.error = undefined;
    if (values.length === block.length) {
      this.#store(block, values);
      return;
    }
    const all = this.#now(block);
    all.set(values);
    this.#store(block, all);
  }

  async read(block: Block): Promise<TypedArray> {
    this.#assertThere();
    const error = block.error ?? this.#faults.take();
    if (error !== undefined) throw error;
    if (block.texture === undefined) return this.#now(block).slice();
    const values = await this.#engine.read(block.texture, block.length);
    this.#assertThere();
    return block.dtype === "int32" ? Int32Array.from(values) : values;
  }

  runReference(
    reference: (outputs: readonly HostOperand[], inputs: readonly HostOperand[]) => void,
    outputs: readonly Operand[],
    inputs: readonly Operand[],
  ): void {
    this.#assertThere();
    this.#hostCalls += 1;
    const values = new Map<Block, TypedArray>();
    const onHost = (operand: Operand): HostOperand => {
      const block = blockOf(operand);
      const data = values.get(block) ?? this.#now(block);
      values.set(block, data);
      return { ...operand, data };
    };
    const [to, from] = [outputs.map(onHost), inputs.map(onHost)];
    const error = runOnHost(reference, to, from, this.#faults);
    for (const block of new Set(outputs.map(blockOf))) {
      const data = values.get(block) as TypedArray;
      block.error = error;
      this.#store(block, data);
    }
  }

  dispose(): void {
    this.#engine.destroy();
  }

  /** The values of a block on the host, to be read or, if `store` follows, changed. */
  #now(block: Block): TypedArray {
    if (block.host !== undefined) return block.host;
    if (block.texture === undefined) return typedArray(block.dtype, block.length);
    const values = this.#engine.readNow(block.texture, block.length);
    return block.dtype === "int32" ? Int32Array.from(values) : values;
  }

  /** Into a texture what one holds exactly, else into host memory, as a copy where the caller may change it. */
  #store(block: Block, values: TypedArray): void {
    this.free(block);
    if (block.dtype === "int32")
      block.most = (values as Int32Array).reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    if (block.dtype === "float32" || (block.dtype === "int32" && values.every((v) => Math.fround(v) === v))) {
      block.texture = this.#engine.upload(values, block.length);
    } else block.host = values.slice();
  }

  #assertThere(): void {
    if (!this.#engine.gl.isContextLost()) return;
    throw new BackendError({
      where: "gpujs",
      problem: "the WebGL2 context was lost",
      help: "Open a new device and resume from the last checkpoint.",
    });
  }
}
