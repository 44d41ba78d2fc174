/**
 * What kernels are given: a way to write a program once for each variant and run it on operands.
 *
 * Operands that share a buffer share a binding (WebGPU forbids one buffer to be read and written through two), so the
 * text of a program depends on which operands do. A program's uniforms are named scalars.
 */

import { type Dtype, type Operand, sizeOf, stridesOf } from "@kronograd/tensor";
import type { Block, GpuBlock, Pool } from "./device/buffers.ts";
import type { Pipeline, Queue } from "./device/commands.ts";
import type { Stream } from "./device/program-order.ts";

/** A uniform's type and value. */
export type Uniform = readonly ["u32" | "i32" | "f32", number];

/** What a program is made of, besides its bindings and uniforms. */
export interface Source {
  /** Threads of a workgroup; default 256. */
  readonly threads?: number;
  /** Output whose elements are atomic. */
  readonly atomic?: number;
  /** Declarations outside of the main function: workgroup memory, functions. */
  readonly declarations?: string;
  /**
   * Statements of the main function, which sees `thread` (within its workgroup), `linear` (number of the workgroup), and the
   * uniforms as `u.name`.
   */
  readonly main: string;
}

/** A call of a kernel. */
export interface Call {
  /** Name of the program and of its variant: all that its text depends on but the operands' bindings. */
  readonly name: string;
  readonly outputs: readonly Operand[];
  readonly inputs: readonly Operand[];
  /** Inputs, by number, that are bound as vec4s; each has a buffer of its own. */
  readonly wide?: readonly number[];
  readonly uniforms: Readonly<Record<string, Uniform>>;
  /** Workgroups in all; many are spread over rows, and up to one less than there are rows run beyond the last. */
  readonly groups: number;
  /** The text, from the bindings' names of outputs and inputs. */
  readonly source: (outputs: readonly string[], inputs: readonly string[]) => Source;
}

export interface Kit {
  run(call: Call): void;
  /** Set a buffer's bytes to 0. */
  clear(operand: Operand): void;
  /** Copy elements of contiguous operands. */
  copy(source: Operand, target: Operand): void;
  /** Use a row-major operand of uninitialised memory for the commands that `body` enqueues. */
  temporary(dtype: Dtype, shape: readonly number[], body: (operand: Operand) => void): void;
}

const blockOf = ({ handle }: Operand): GpuBlock => handle as GpuBlock;
const elements: Readonly<Record<Dtype, string>> = { float32: "f32", int32: "i32", float64: "" };

export function createKit(queue: Queue, stream: Stream, pool: Pool): Kit {
  const pipelines = new Map<string, Pipeline>();

  return {
    run({ name, outputs, inputs, wide = [], uniforms, groups, source }) {
      const operands = [...outputs, ...inputs];
      const blocks: GpuBlock[] = [];
      const places = operands.map((operand) => {
        const block = blockOf(operand);
        const at = blocks.indexOf(block);
        return at >= 0 ? at : blocks.push(block) - 1;
      });
      const written = new Set(places.slice(0, outputs.length));
      const accesses = blocks.map((_, i) => (written.has(i) ? "w" : "r")).join("");
      const key = `${name} ${places.join()} ${blocks.map(({ dtype }) => dtype[0]).join("")}`;
      let pipeline = pipelines.get(key);
      if (pipeline === undefined) {
        const names = places.map((place) => `b${place}`);
        const text = source(names.slice(0, outputs.length), names.slice(outputs.length));
        const vectors = new Set(wide.map((input) => places[outputs.length + input] as number));
        pipeline = queue.pipeline(assemble(blocks, accesses, uniforms, text, places, vectors), accesses, name);
        pipelines.set(key, pipeline);
      }
      const fixed = pipeline;
      const values = Object.values(uniforms);
      if (groups === 0) return;
      const size = spread(groups);
      stream.push(() => queue.dispatch(fixed, blocks, (view) => writeUniforms(view, values), size));
    },
    clear(operand) {
      const block = blockOf(operand);
      stream.push(() => queue.clear(block));
    },
    copy(source, target) {
      const bytes = 4 * sizeOf(source.shape);
      stream.push(() => queue.copy(blockOf(source), 4 * source.offset, blockOf(target), 4 * target.offset, bytes));
    },
    temporary(dtype, shape, body) {
      const handle: Block = pool.take(dtype, sizeOf(shape));
      try {
        body({ handle, dtype, shape, strides: stridesOf(shape), offset: 0 });
      } finally {
        pool.give(handle); // later commands run later
      }
    },
  };
}

/** Most workgroups of a dispatch in one dimension (`maxComputeWorkgroupsPerDimension` of every device). */
const most = 65_535;

/** So many workgroups, or a few more, as rows of equal length. */
export function spread(groups: number): readonly [number, number, number] {
  const rows = Math.ceil(groups / most);
  return [Math.ceil(groups / rows), rows, 1];
}

function writeUniforms(view: DataView, values: readonly Uniform[]): void {
  values.forEach(([type, value], i) => {
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else if (type === "i32") view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
}

function assemble(
  blocks: readonly GpuBlock[],
  accesses: string,
  uniforms: Readonly<Record<string, Uniform>>,
  { threads = 256, declarations = "", main, atomic = -1 }: Source,
  places: readonly number[],
  vectors: ReadonlySet<number>,
): string {
  const fields = Object.entries(uniforms).map(([name, [type]]) => `  ${name}: ${type},`);
  const bindings = blocks.map(({ dtype }, i) => {
    const access = accesses[i] === "w" ? "read_write" : "read";
    const scalar = elements[dtype];
    const element = i === places[atomic] ? `atomic<${scalar}>` : vectors.has(i) ? `vec4<${scalar}>` : scalar;
    return `@group(1) @binding(${i}) var<storage, ${access}> b${i}: array<${element}>;`;
  });
  return [
    "struct Uniforms {",
    ...(fields.length === 0 ? ["  none: u32,"] : fields),
    "}",
    "@group(0) @binding(0) var<uniform> u: Uniforms;",
    ...bindings,
    declarations,
    `@compute @workgroup_size(${threads})`,
    "fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) all: vec3u) {",
    "let linear = group.x + group.y * all.x;",
    main,
    "}",
  ].join("\n");
}
