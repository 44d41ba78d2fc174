import { cpu, ones, scope, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { disposeState, mapTensors, replaceState } from "./state.ts";

describe("replaceState", () => {
  it("keeps what both trees hold, releases what only the old one held, and takes the new over from its scope", () => {
    const baseline = cpu.memory.buffers;
    const first = scope(() => replaceState(undefined, { tensors: [ones([2]), zeros([3])], count: 1 }));
    const [kept, dropped] = first.tensors;
    const second = scope(() => replaceState(first, { tensors: [first.tensors[0]!, zeros([4])], count: 2 }));
    expect(second.tensors[0]).toBe(kept);
    expect(dropped?.disposed).toBe(true);
    expect(second.tensors[1]?.disposed).toBe(false);
    expect(second.count).toBe(2);
    disposeState(second);
    expect(cpu.memory.buffers).toBe(baseline);
  });

  it("holds a tensor that the tree names twice once", () => {
    const baseline = cpu.memory.tensors;
    const state = scope(() => {
      const shared = ones([2]);
      return replaceState(undefined, [shared, { again: shared }] as const);
    });
    expect(state[0]).toBe(state[1].again);
    disposeState(state);
    expect(cpu.memory.tensors).toBe(baseline);
  });
});

describe("mapTensors", () => {
  it("changes tensors and nothing else", () => {
    scope(() => {
      const tree = { a: ones([2]), b: [null, "text", { c: true, d: 3 }] };
      const mapped = mapTensors(tree, () => zeros([5]));
      expect(mapped.a.shape).toEqual([5]);
      expect(mapped.b).toEqual([null, "text", { c: true, d: 3 }]);
    });
  });
});
