/** What kernels are given: a way to say, for each output, what its element `i` is. */

import { type Dtype, type Operand, sizeOf, stridesOf } from "@kronograd/tensor";
import type { Engine } from "./device/engine.ts";
import type { GpuTexture } from "./device/gpujs.ts";

/** One buffer: a texture, or host memory (float64, and whole numbers that float32 cannot hold). */
export interface Block {
  readonly dtype: Dtype;
  readonly length: number;
  /** Of int32: no value is larger in magnitude. Whole numbers up to `exact` are floats without loss. */
  most: number;
  texture: GpuTexture | undefined;
  host: Float32Array | Float64Array | Int32Array | undefined;
  /** What a reference threw that should have filled it. */
  error: unknown;
}

/** Whole numbers up to this one are exact in float32, and so are their sums and differences up to it. */
export const exact = 2 ** 24;

/** What an int32 may be. */
export const anything = 2 ** 31;

export const blockOf = ({ handle }: Operand): Block => handle as Block;

/** A call of a kernel. */
export interface Call {
  readonly outputs: readonly Operand[];
  readonly inputs: readonly Operand[];
  /** Numbers that change from call to call; text sees them by name. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Statements that return element `i` of output k. Input j is read as `xj[atj + place]`. */
  readonly text: (k: number) => string;
  /** Whether an element is computed, else it stays what it was: an expression of `i`. Default: all are. */
  readonly where?: string;
  /** Of int32 outputs: no value is larger in magnitude (default: anything). */
  readonly most?: number;
}

export interface Kit {
  run(call: Call): void;
  /** Use a row-major operand of its own while `body` runs. */
  temporary(shape: readonly number[], body: (operand: Operand) => void): void;
}

export function createKit(engine: Engine): Kit {
  const put = (block: Block, texture: GpuTexture) => {
    if (block.texture !== undefined) engine.release(block.texture);
    block.texture = texture;
    block.host = undefined;
  };
  /** The texture of a block; zeros where nothing was written yet. */
  const textureOf = (block: Block): GpuTexture => {
    block.texture ??= engine.upload([], block.length);
    return block.texture;
  };

  return {
    run({ outputs, inputs, numbers = {}, text, where, most = anything }) {
      const made = outputs.map((output, k) => {
        const block = blockOf(output);
        const size = sizeOf(output.shape);
        if (size === 0) return undefined;
        const body = text(k);
        const args: Record<string, GpuTexture | number> = {};
        inputs.forEach((input, j) => {
          if (new RegExp(`\\bx${j}\\b`).test(body)) args[`x${j}`] = textureOf(blockOf(input));
        });
        inputs.forEach((input, j) => {
          if (new RegExp(`\\bat${j}\\b`).test(body)) args[`at${j}`] = input.offset;
        });
        for (const [name, value] of Object.entries(numbers)) if (body.includes(name)) args[name] = value;
        const isWhole = size === block.length && where === undefined;
        if (isWhole) return engine.run(`const i = this.thread.x;\n${body}`, args, size);
        args.before = textureOf(block);
        args.atOutput = output.offset;
        const condition = where === undefined ? "" : ` || !(${where})`;
        const head = `const place = this.thread.x;\nconst i = place - atOutput;\nif (i < 0 || i >= ${size}${condition}) { return before[place]; }`;
        return engine.run(`${head}\n${body}`, args, block.length);
      });
      made.forEach((texture, k) => {
        if (texture === undefined) return;
        const block = blockOf(outputs[k] as Operand);
        put(block, texture);
        block.most = Math.max(most, sizeOf((outputs[k] as Operand).shape) === block.length ? 0 : block.most);
      });
    },

    temporary(shape, body) {
      const length = sizeOf(shape);
      const handle: Block = {
        dtype: "float32",
        length,
        most: 0,
        texture: undefined,
        host: undefined,
        error: undefined,
      };
      try {
        body({ handle, dtype: "float32", shape, strides: stridesOf(shape), offset: 0 });
      } finally {
        if (handle.texture !== undefined) engine.release(handle.texture);
      }
    },
  };
}
