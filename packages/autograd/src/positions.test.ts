import { conv2d, cpu, mul, reshape, type Shape, scope, type Tensor, tanh, UsageError, zeros } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { dense, halfSquares, random } from "../testing/index.ts";
import { type CaptureRequest, recordLayer } from "./capture.ts";
import { joinRecords } from "./join-records.ts";
import type { LayerRecord } from "./layer-record.ts";
import { reductions } from "./reductions.ts";
import { valueAndGrad } from "./value-and-grad.ts";
import { perExample } from "./weighted-rows.ts";

describe("output gradients summed over positions", () => {
  const geometry = {
    kind: "conv2d",
    kernel: [3, 3],
    stride: [1, 1],
    padding: [1, 1],
    dilation: [1, 1],
    groups: 1,
  } as const;
  const kernels = Object.fromEntries([0, 1, 2, 3].map((i) => [`conv${i}`, random(20 + i, [2, 2, 3, 3])]));
  const mixes = Object.fromEntries([0, 1, 2, 3].map((i) => [`mix${i}`, random(30 + i, [3, 3])]));
  const images = random(40, [5, 2, 8, 8]);
  const sequences = random(41, [5, 7, 3]);
  const convolve = (h: Tensor, [name, weight]: [string, Tensor]) => {
    const output = conv2d(h, weight, null, { padding: 1 });
    recordLayer({ name, weight, bias: null, input: h, output, geometry });
    return scope(() => tanh(output));
  };
  const mix = (h: Tensor, [name, weight]: [string, Tensor]) => scope(() => tanh(dense(name, h, weight, null)));
  const nets = {
    convolutions: {
      parameters: kernels,
      outputs: () => reshape(Object.entries(kernels).reduce(convolve, images), [5, -1]),
      loss: halfSquares("mean"),
      targets: zeros([5, 128], { dtype: "float64" }),
    },
    "dense layers on sequences": {
      parameters: mixes,
      outputs: () => reshape(Object.entries(mixes).reduce(mix, sequences), [5, -1]),
      loss: halfSquares("mean"),
      targets: zeros([5, 21], { dtype: "float64" }),
    },
  };
  const look = (net: (typeof nets)[keyof typeof nets], positions: boolean, outputGrads: "empirical" | "exact") =>
    valueAndGrad(net, net.parameters, { capture: { inputs: true, outputGrads, positions } });

  for (const [name, net] of Object.entries(nets)) {
    for (const labels of ["empirical", "exact"] as const) {
      it(`give the rows that all positions give: ${name}, ${labels} labels`, () => {
        const [all, summed] = [look(net, true, labels), look(net, false, labels)];
        for (const [layer, record] of summed.records) {
          const full = all.records.get(layer) as typeof record;
          const [out] = (net.parameters[layer] as Tensor).shape;
          for (const { outputGrads } of record.uses)
            expect(outputGrads.map((g) => g.shape)).toEqual(outputGrads.map(() => [5, out]));
          for (const reduction of [reductions.reduce, reductions.mean, reductions.sum])
            expect(record.rows("outputGrads", reduction)).toBeAllclose(full.rows("outputGrads", reduction));
          expect(summed.gradients.get(layer)?.dense()).toBeAllclose(all.gradients.get(layer)?.dense() as Tensor);
          expect(() => record.rows("outputGrads", reductions.expand)).toThrow(
            `${layer}: its output gradients were summed over positions, and here each position is read (expected ${full.positions} positions, got 1). Capture with positions: true.`,
          );
          expect(() => perExample(record)).toThrow(UsageError);
        }
      });
    }
  }

  it("leave those of a view whole, which reads all of them", () => {
    const gain = random(42, [3]);
    const shapes: Shape[] = [];
    const outputs = () => {
      const output = mul(sequences, gain);
      const use = (input: Tensor, cotangents: readonly Tensor[]) => {
        shapes.push(...cotangents.map(({ shape }) => shape));
        return { input: reshape(input, [-1, 3]), outputGrads: cotangents.map((g) => reshape(g, [-1, 3])) };
      };
      const view = { of: "norms", use } as const;
      recordLayer({
        name: "gain",
        weight: gain,
        bias: null,
        input: sequences,
        output,
        geometry: { kind: "dense" },
        view,
      });
      return reshape(output, [5, -1]);
    };
    const objective = { outputs, loss: halfSquares("mean"), targets: zeros([5, 21], { dtype: "float64" }) };
    const capture = { inputs: true, outputGrads: "empirical", norms: true, positions: false } as const;
    valueAndGrad(objective, { gain }, { capture });
    expect(shapes).toEqual([[5, 7, 3]]);
  });

  it("let go of a layer's as soon as the way back has passed it", () => {
    const capture = { inputs: true, outputGrads: "empirical" } as const;
    for (const net of Object.values(nets)) {
      const peak = (capture: CaptureRequest) => {
        cpu.memory.peakBytes = cpu.memory.bytes;
        scope(() => void valueAndGrad(net, net.parameters, { capture }));
        return cpu.memory.peakBytes - cpu.memory.bytes;
      };
      const one = net.targets.size * 8; // bytes of one layer's
      const none = peak({});
      expect(peak({ ...capture, positions: false }) - none).toBeLessThan(one / 2);
      expect(peak(capture) - none).toBeGreaterThan(2 * one);
    }
  });

  it("are those of its position where a convolution has but one", () => {
    const weight = kernels.conv0 as Tensor;
    const own = { ...geometry, padding: [0, 0] } as const;
    const input = random(43, [5, 2, 3, 3]);
    const outputs = () => {
      const output = conv2d(input, weight, null);
      recordLayer({ name: "conv", weight, bias: null, input, output, geometry: own });
      return reshape(output, [5, 2]);
    };
    const targets = zeros([5, 2], { dtype: "float64" });
    const [all, summed] = [true, false].map((positions) => {
      const capture = { inputs: true, outputGrads: "empirical", positions } as const;
      const { records } = valueAndGrad({ outputs, loss: halfSquares("mean"), targets }, { weight }, { capture });
      return records.get("conv") as LayerRecord;
    }) as [LayerRecord, LayerRecord];
    expect(summed.rows("outputGrads", reductions.expand)).toBeAllclose(all.rows("outputGrads", reductions.expand));
    expect(perExample(summed).outputGrads).toBeAllclose(perExample(all).outputGrads);
  });

  it("join with those of a micro-batch that leaves the layer out", () => {
    const net = nets.convolutions;
    const without = () => {
      net.outputs();
      return reshape(images, [5, -1]);
    };
    const records = [net.outputs, without].map((outputs) => look({ ...net, outputs }, false, "empirical").records);
    const joined = joinRecords(records.map((found) => found.get("conv0") as LayerRecord));
    expect(joined.uses[0]?.outputGrads[0]?.shape).toEqual([10, 2]);
  });
});
