import { describe, expect, it } from "vitest";
import { parseNpyHeader } from "./npy-header.ts";

const parse = (text: string) => parseNpyHeader(text, "f.npy");

describe("parseNpyHeader", () => {
  it.each([
    ["()", []],
    ["(3,)", [3]],
    ["(3, 4)", [3, 4]],
    ["(3, 4,)", [3, 4]],
    ["( 3L, 4L )", [3, 4]],
  ])("reads the shape %s", (shape, expected) => {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }   \n`;
    expect(parse(text)).toEqual({ descr: "<f4", fortranOrder: false, shape: expected });
  });

  it("reads keys in any order, either quote, with or without the last comma", () => {
    expect(parse(`{"shape": (2,), 'fortran_order': True, 'descr': "|u1"}`)).toEqual({
      descr: "|u1",
      fortranOrder: true,
      shape: [2],
    });
  });

  it.each([
    ["no dictionary", "[1, 2]"],
    ["nothing", ""],
    ["a key missing", "{'descr': '<f4', 'shape': (2,)}"],
    ["another key", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"],
    ["a key twice", "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"],
    ["a structured dtype", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"],
    ["a number for a dtype", "{'descr': 4, 'fortran_order': False, 'shape': (2,)}"],
    ["an order that is no boolean", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}"],
    ["a shape that is no tuple", "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}"],
    ["a negative size", "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}"],
    ["a shape cut short", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,"],
    ["text after the dictionary", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x"],
  ])("refuses %s", (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: "DataError" }));
  });
});
