/** Kernels of matmul, linear and addProduct: one blocked product of strided matrices, float32 and float64. */

import { type Operand, reshapeStrides, sizeOf } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import { allOf, batchOffsets } from "@kronograd/tensor/kernel";
import { byFloat } from "../dtype.ts";
import { defineRepeatRow } from "../emit/bias.ts";
import { defineGemm, defineParts, workspaceBytes } from "../emit/gemm.ts";
import { tileSize } from "../emit/tile.ts";
import { f32x4, f64x2, type Lanes } from "../engine/lanes.ts";
import type { Block } from "../engine/memory.ts";
import { addressOf, lazy, type Runtime } from "../engine/runtime.ts";
import type { Kernels, Kit, Matrix, Products } from "../kit.ts";
import type { Piece } from "../threads/pool.ts";

export function createProducts(runtime: Runtime, clear: Kit["clear"], lanes: Lanes): Products {
  const { memory } = runtime;
  const code = runtime.code<"gemm" | "repeat">((module) => {
    defineGemm(module, "gemm", lanes, defineParts(module, lanes, runtime));
    defineRepeatRow(module, "repeat");
  });
  const workBytes = Math.ceil(workspaceBytes(lanes) / 64) * 64;
  const block = lazy((): Block => memory.allocate("int32", (runtime.threads * workBytes) / 4));
  const workspace = () => block().address;
  const { MR, NR } = tileSize(lanes, runtime);
  return {
    lanes,
    workspace,
    workBytes,
    gemm: () => code().gemm,
    multiply(m, n, k, a, b, c, adds) {
      if (k === 0 && !adds) clear(c.address, m * n * lanes.bytes);
      const fork = runtime.fork(m * n * k);
      const work = fork.own(workspace());
      // the longer side is cut, so that less is packed more than once
      const cuts = n > m ? cutsOf(n, NR, fork.ways) : cutsOf(m, MR, fork.ways);
      fork.each(
        cuts.length - 1,
        (i, call) => {
          const [first, end] = [cuts[i]!, cuts[i + 1]!];
          const [row, rows, column, columns] = n > m ? [0, m, first, end - first] : [first, end - first, 0, n];
          const left = [a.address + row * a.rowStep, a.rowStep, a.columnStep] as const;
          const right = [b.address + column * b.columnStep, b.rowStep, b.columnStep] as const;
          const target = c.address + row * c.rowStep + column * lanes.bytes;
          call(code().gemm, rows, columns, k, ...left, ...right, target, c.rowStep, Number(adds), work);
        },
        workBytes,
      );
    },
    multiplyEach(m, n, k, matrices) {
      const { length } = matrices;
      const fork = runtime.fork(m * n * k * length);
      if (k === 0 || length < 2 * fork.ways) {
        for (const [a, b, c] of matrices) this.multiply(m, n, k, a, b, c, false);
        return;
      }
      const work = fork.own(workspace());
      const callOne: Piece = (i, call) => {
        const [a, b, c] = matrices[i]!;
        const steps = [a.rowStep, a.columnStep, b.address, b.rowStep, b.columnStep] as const;
        call(code().gemm, m, n, k, a.address, ...steps, c.address, c.rowStep, 0, work);
      };
      fork.each(length, callOne, workBytes);
    },
    repeat(rows, bytes, from, to) {
      code().repeat(rows, bytes, from, to);
    },
  };
}

/**
 * Where a side of a result is cut for so many threads: at multiples of `grain`. Threads are not equally fast, so large sides
 * have more pieces than there are threads; smaller ones have not, as each piece packs the other matrix once more. `place` says
 * which share of the side a first part of the pieces has.
 */
export function cutsOf(size: number, grain: number, ways: number, place = (part: number) => part): number[] {
  if (ways === 1) return [0, size];
  const pieces = Math.min(4 * ways, Math.max(ways, Math.floor(size / 512)));
  const cuts = Array.from({ length: pieces }, (_, i) => Math.round((place(i / pieces) * size) / grain) * grain);
  return [...new Set([...cuts.filter((cut) => cut < size), size])];
}

/** The products of both element types; other families use them too. */
export function bothProducts(runtime: Runtime, clear: Kit["clear"]): (dtype: Operand["dtype"]) => Products | null {
  return byFloat(createProducts(runtime, clear, f32x4), createProducts(runtime, clear, f64x2));
}

/** The matrix of an operand's last two axes. */
export function matrixOf(operand: Operand, { bytes }: Lanes): Matrix {
  const [row, column] = operand.strides.slice(-2) as [number, number];
  return { address: addressOf(operand), rowStep: row * bytes, columnStep: column * bytes };
}

const moved = (matrix: Matrix, bytes: number): Matrix => ({ ...matrix, address: matrix.address + bytes });

const scaled = [e.mul(e.input(0), e.parameter("decay"))];

/** Kernels of matmul, linear and addProduct. */
export function productKernels({ products, dense, runExpressions }: Kit): Kernels {
  return {
    /** [..., m, k] × [..., k, n] → [..., m, n] */
    matmul([out], [a, b]) {
      const own = products(out!.dtype);
      if (own === null || !allOf(out!.dtype, [a, b])) return false;
      const { bytes } = own.lanes;
      const [m, n] = out!.shape.slice(-2) as [number, number];
      const k = a!.shape.at(-1)!;
      const [left, right, target] = [matrixOf(a!, own.lanes), matrixOf(b!, own.lanes), matrixOf(out!, own.lanes)];
      const flat = b!.shape.length === 2 ? reshapeStrides(a!, [sizeOf(a!.shape.slice(0, -1)), k]) : null;
      if (flat !== null) {
        const rows = { ...left, rowStep: flat[0]! * bytes, columnStep: flat[1]! * bytes };
        own.multiply(sizeOf(out!.shape.slice(0, -1)), n, k, rows, right, { ...target, rowStep: n * bytes }, false);
        return true;
      }
      const lead = out!.shape.slice(0, -2);
      const starts = batchOffsets(b!, lead);
      const matrices = Array.from(batchOffsets(a!, lead), (start, batch) => {
        const c = { address: target.address + batch * m * n * bytes, rowStep: n * bytes, columnStep: bytes };
        return [moved(left, start * bytes), moved(right, starts[batch]! * bytes), c] as const;
      });
      own.multiplyEach(m, n, k, matrices);
      return true;
    },

    /** x [..., in], weight [out, in], bias [out] → [..., out]; the bias is where the sums start. */
    linear([out], [x, weight, bias]) {
      const own = products(out!.dtype);
      if (own === null || !allOf(out!.dtype, [x, weight, bias])) return false;
      const { bytes } = own.lanes;
      const features = x!.shape.at(-1)!;
      const rows = sizeOf(x!.shape.slice(0, -1));
      const outputs = weight!.shape[0]!;
      const strides = reshapeStrides(x!, [rows, features]);
      const [rowStride, stride] = strides ?? [features, 1];
      const left = {
        address: addressOf(strides === null ? dense(x!) : x!),
        rowStep: rowStride! * bytes,
        columnStep: stride! * bytes,
      };
      const w = matrixOf(weight!, own.lanes);
      const target = { address: addressOf(out!), rowStep: outputs * bytes, columnStep: bytes };
      if (bias !== undefined) own.repeat(rows, outputs * bytes, addressOf(dense(bias)), target.address);
      const turned = { ...w, rowStep: w.columnStep, columnStep: w.rowStep };
      own.multiply(rows, outputs, features, left, turned, target, bias !== undefined);
      return true;
    },

    /** C [m, n], A [m, k], B [k, n] → decay · C + A B, which may be written over C */
    addProduct([out], [c, a, b], params: { readonly decay: number }) {
      const own = products(out!.dtype);
      if (own === null || !allOf(out!.dtype, [c, a, b])) return false;
      const [m, n] = out!.shape as [number, number];
      if (params.decay !== 1 || addressOf(c!) !== addressOf(out!)) runExpressions(scaled, [out!], [c!], params);
      const target = { address: addressOf(out!), rowStep: n * own.lanes.bytes, columnStep: own.lanes.bytes };
      own.multiply(m, n, a!.shape[1]!, matrixOf(a!, own.lanes), matrixOf(b!, own.lanes), target, true);
      return true;
    },
  };
}
