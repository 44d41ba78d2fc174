import { describe, expect, it } from "vitest";
import { chunkSize } from "../layout/chunk.ts";
import type { HostOperand } from "../layout/operand.ts";
import type { TypedArray } from "../tensor/dtype.ts";
import { stridesOf } from "../tensor/shape.ts";
import { compile, interpret } from "./interpreter.ts";
import * as e from "./primitives.ts";

const operand = (data: TypedArray, shape: number[], strides = stridesOf(shape), offset = 0): HostOperand => ({
  data,
  shape,
  strides,
  offset,
  dtype: "float64",
});
const [x, y] = [e.input(0), e.input(1)];
const sequence = (n: number) => Float64Array.from({ length: n }, (_, i) => i);

describe("compile", () => {
  it("computes shared nodes once and fills constants and parameters", () => {
    const square = e.square(x);
    const program = compile([e.add(square, e.parameter("p")), e.mul(square, e.constant(2))]);
    expect(program.steps).toHaveLength(3);
    expect(program.fills.map(({ value }) => value)).toEqual(["p", 2]);
    expect(program.results).toHaveLength(2);
  });
});

describe("interpret", () => {
  const n = 2 * chunkSize + 209;
  const program = compile([e.sub(e.mul(e.constant(2), x), y)]);

  it("gives the same over chunk borders as within a chunk, in every layout", () => {
    const [rows, columns] = [37, 61]; // 2257 elements: three chunks, none of which ends with a row
    const data = sequence(rows * columns);
    const out = operand(new Float64Array(rows * columns), [rows, columns]);
    const layouts: [number[], number][] = [
      [[columns, 1], 0],
      [[1, rows], 0],
      [[-columns, -1], data.length - 1],
      [[0, 1], 5],
      [[1, 0], 5],
    ];
    for (const [[down, right], offset] of layouts as [[number, number], number][]) {
      interpret(
        program,
        [out],
        [operand(data, [rows, columns], [down, right], offset), operand(data, [columns], [2], 3)],
        {},
      );
      for (let i = 0, k = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++, k++) {
          expect(out.data[k]).toBe(2 * data[offset + i * down + j * right]! - data[3 + 2 * j]!);
        }
      }
    }
  });

  it("walks four axes of a permuted layout", () => {
    const data = sequence(n);
    const shape = [3, 7, 5, 11];
    const strides = [1, 3 * 5 * 11, 3, 15];
    const out = operand(new Float64Array(3 * 7 * 5 * 11), shape);
    interpret(compile([e.neg(x)]), [out], [operand(data, shape, strides)], {});
    let k = 0;
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 7; b++)
        for (let c = 0; c < 5; c++)
          for (let d = 0; d < 11; d++) expect(out.data[k++]).toBe(-(a + 165 * b + 3 * c + 15 * d));
  });

  it("lets outputs overwrite inputs, as every chunk is read before it is written", () => {
    const [a, b] = [operand(sequence(n), [n]), operand(new Float64Array(n).fill(1), [n])];
    interpret(compile([e.sub(x, y), e.add(x, y)]), [a, b], [a, b], {});
    expect(Array.from(a.data)).toEqual(Array.from(sequence(n), (i) => i - 1));
    expect(Array.from(b.data)).toEqual(Array.from(sequence(n), (i) => i + 1));
  });

  it("uses new parameter values on every call", () => {
    const scaled = compile([e.mul(e.parameter("by"), x)]);
    const out = operand(new Float64Array(2), [2]);
    for (const by of [2, 3]) {
      interpret(scaled, [out], [operand(Float64Array.of(1, 10), [2])], { by });
      expect(Array.from(out.data)).toEqual([by, 10 * by]);
    }
  });

  it("writes nothing for no elements", () => {
    const out = operand(Float64Array.of(5), [0]);
    interpret(program, [out], [operand(new Float64Array(0), [0]), operand(Float64Array.of(1), [])], {});
    expect(out.data[0]).toBe(5);
  });
});
