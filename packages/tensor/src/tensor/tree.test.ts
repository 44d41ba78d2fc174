import { describe, expect, it } from "vitest";
import { tensor } from "./create.ts";
import { mapTree, treeLeaves } from "./tree.ts";

const a = tensor([1]);
const b = tensor([2, 3]);

describe("treeLeaves", () => {
  it("lists tensors in the order of lists and keys", () => {
    expect(treeLeaves(a)).toEqual([a]);
    expect(treeLeaves({ x: [b, { y: a }], z: b })).toEqual([b, a, b]);
  });
});

describe("mapTree", () => {
  it("keeps the form and tells the path of each tensor", () => {
    const paths: string[] = [];
    const mapped = mapTree({ x: [b, { y: a }] }, (t, path) => {
      paths.push(path);
      return t === a ? b : a;
    });
    expect(mapped).toEqual({ x: [a, { y: b }] });
    expect(paths).toEqual(["x.0", "x.1.y"]);
    expect(mapTree(a, (_, path) => (path === "" ? b : a))).toBe(b);
  });
});
