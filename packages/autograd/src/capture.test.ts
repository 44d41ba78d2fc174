import { cpu, ones, scope, type Tensor, UsageError } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { capturesLayers, collectLayers, groupByWeight, type LayerCall, recordLayer } from "./capture.ts";
import type { Geometry } from "./layer-record.ts";

const dense: Geometry = { kind: "dense" };
const callOf = (fields: Partial<LayerCall> & { weight: Tensor }): LayerCall => ({
  name: "layer",
  bias: null,
  input: ones([2, 3]),
  output: ones([2, 1]),
  geometry: dense,
  ...fields,
});

describe("recordLayer", () => {
  it("does nothing outside of a capture", () => {
    const before = cpu.memory.tensors;
    scope(() => recordLayer(callOf({ weight: ones([1, 3]) })));
    expect(cpu.memory.tensors).toBe(before);
  });

  it("does nothing in a run that does not want layers, even inside one that does", () => {
    const { calls, result } = collectLayers({ layers: true }, () =>
      collectLayers({}, () => recordLayer(callOf({ weight: ones([1, 3]) }))),
    );
    expect([calls, result.calls]).toEqual([[], []]);
  });
});

describe("collectLayers", () => {
  it("keeps inputs alive that the forward pass let go, until its own scope ends", () => {
    const before = cpu.memory.tensors;
    scope(() => {
      const { calls } = collectLayers({ layers: true }, () =>
        scope(() => recordLayer(callOf({ weight: ones([1, 3]) }))),
      );
      expect(calls[0]?.input.dataSync()).toHaveLength(6);
      expect(calls[0]?.output.disposed).toBe(true); // only its identity and shape are used
    });
    expect(cpu.memory.tensors).toBe(before);
  });

  it("leaves nothing behind after an error", () => {
    const before = cpu.memory.tensors;
    const failing = () =>
      scope(() =>
        collectLayers({ layers: true }, () => {
          recordLayer(callOf({ weight: ones([1, 3]) }));
          throw new Error("stop");
        }),
      );
    expect(failing).toThrow("stop");
    expect(cpu.memory.tensors).toBe(before);
  });
});

describe("capturesLayers", () => {
  it("is false for an empty request and for a wish about biases alone", () => {
    expect(capturesLayers()).toBe(false);
    expect(capturesLayers({ bias: "separate", gradient: "dense" })).toBe(false);
    expect(capturesLayers({ outputGrads: "empirical" })).toBe(true);
  });
});

describe("groupByWeight", () => {
  const weight = ones([1, 3]);

  it("puts uses of one weight together, in order", () => {
    const [a, b, c] = [callOf({ weight }), callOf({ weight: ones([1, 3]) }), callOf({ weight, name: "again" })];
    expect(groupByWeight([a, b, c], "joint")).toEqual([[a, c], [b]]);
  });

  it("refuses two biases for one weight in a joint block, and takes them in separate ones", () => {
    const calls = [
      callOf({ weight, name: "left", bias: ones([1]) }),
      callOf({ weight, name: "right", bias: ones([1]) }),
    ];
    expect(() => groupByWeight(calls, "joint")).toThrow(UsageError);
    expect(() => groupByWeight(calls, "joint")).toThrow(/right: shares its weight with "left" but not its bias/);
    expect(groupByWeight(calls, "separate")).toHaveLength(1);
  });

  it("takes one geometry for the same, in whatever order its fields were written", () => {
    const fields = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
    const first: Geometry = { kind: "conv2d", kernel: [3, 3], ...fields };
    const second: Geometry = { ...fields, kernel: [3, 3], kind: "conv2d" };
    const calls = [callOf({ weight, geometry: first }), callOf({ weight, geometry: second })];
    expect(groupByWeight(calls, "joint")).toHaveLength(1);
  });

  it("refuses uses that read their inputs differently", () => {
    const window = { kernel: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
    const conv = (step: number) => ({ kind: "conv2d", stride: [step, step], ...window }) as const;
    const calls = [callOf({ weight, geometry: conv(1) }), callOf({ weight, geometry: conv(2) })];
    expect(() => groupByWeight(calls, "separate")).toThrow(/reads its input differently/);
  });
});
