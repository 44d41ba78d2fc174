import { type LayerRecord, reductions } from "@kronograd/autograd";
import { gatherBatch } from "@kronograd/data";
import { BatchNorm, Conv2d, Dense, flatten, mlp, parameters, Sequential, softmaxCrossEntropy } from "@kronograd/layers";
import { add, cpu, Device, generate, memory, Rng, scope, type Tensor, tensor } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { points } from "../testing/index.ts";
import { type Look, lookAt, lookInParts } from "./micro-batches.ts";

const digits = 12; // float64: only the order of sums differs
const dtype = "float64";

function look(model: Look["model"], options: Partial<Look> = {}): Look {
  const batch = gatherBatch(points.train, Array.from({ length: 10 }, (_, i) => i), { dtype }); // biome-ignore format: short
  const loss = softmaxCrossEntropy();
  return { model, parameters: parameters(model), loss, batch, capture: {}, rng: new Rng(5), ...options };
}

const close = (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  const expected = b.dataSync();
  a.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, digits);
  });
};

describe("lookInParts", () => {
  it("gives the value and gradient of the whole batch, for a mean and for a sum", () => {
    const model = mlp([2, 5, 3], { rng: new Rng(0), dtype });
    for (const reduction of ["mean", "sum"] as const) {
      const input = look(model, { loss: softmaxCrossEntropy({ reduction }) });
      const whole = lookAt(input);
      const parts = lookInParts(input, 3);
      close(parts.value, whole.value);
      for (const [name, gradient] of whole.gradients) {
        gradient.parts().forEach((part, i) => {
          close(parts.gradients.get(name)?.parts()[i] as Tensor, part);
        });
      }
    }
  });

  it("keeps factored gradients factored", () => {
    const model = mlp([2, 5, 3], { rng: new Rng(0), dtype });
    const input = look(model, { capture: { gradient: "factored" } });
    const whole = lookAt(input).gradients.get("dense1");
    const parts = lookInParts(input, 4).gradients.get("dense1");
    expect(parts?.factors?.g.shape).toEqual([10, 5]);
    close(parts?.dense() as Tensor, whole?.dense() as Tensor);
  });

  it.each(["empirical", "exact"] as const)(
    "gives layer records whose statistics add up to those of the whole batch, with %s labels",
    (labels) => {
      const model = new Sequential(
        [new Conv2d({ in: 2, out: 3, kernel: 2 }), flatten(), new Dense({ in: 12, out: 3 })],
        {
          rng: new Rng(0),
          dtype,
        },
      );
      const rng = new Rng(1);
      const inputs = generate([6, 2, 3, 3], { dtype }, () => rng.normal());
      const targets = tensor(Int32Array.of(0, 1, 2, 0, 1, 2));
      const input = look(model, { batch: { inputs, targets }, capture: { inputs: true, outputGrads: labels } });
      const whole = lookAt(input).records;
      const parts = lookInParts(input, 4).records;
      expect([...parts.keys()]).toEqual([...whole.keys()]);
      for (const [name, records] of whole) {
        for (const reduction of Object.values(reductions).filter(({ noBias }) => noBias === undefined)) {
          for (const side of ["inputs", "outputGrads"] as const) {
            const moment = (records: readonly LayerRecord[] = []) =>
              records.map((record) => record.secondMoment(side, reduction)).reduce(add);
            expect(parts.get(name)).toHaveLength(2);
            close(moment(parts.get(name)), moment(records));
          }
        }
      }
    },
  );

  it("moves running statistics by the mean over the parts", () => {
    const model = new Sequential([new BatchNorm({ features: 2, momentum: 1 }), new Dense({ in: 2, out: 3 })], {
      rng: new Rng(0),
      dtype,
    });
    const input = look(model);
    const [running, mean] = lookInParts(input, 5).commits[0] as readonly [Tensor, Tensor];
    expect(running.shape).toEqual([2]);
    const values = [...(input.batch.inputs as Tensor).dataSync()];
    const column = (k: number) => values.filter((_, i) => i % 2 === k).reduce((a, b) => a + b) / 10;
    expect(mean.dataSync()[0]).toBeCloseTo(column(0), digits);
    expect(mean.dataSync()[1]).toBeCloseTo(column(1), digits);
  });

  it("holds nothing of a part when the next one is seen, but its gradients", () => {
    const device = new Device(cpu.backend);
    const model = mlp([2, 5, 3], { rng: new Rng(0), device });
    const batch = gatherBatch(points.train, Array.from({ length: 32 }, (_, i) => i), { device }); // biome-ignore format: short
    const peak = (rows: number) => {
      const start = memory(device).bytes;
      device.memory.peakBytes = start;
      scope(() => {
        lookInParts(look(model, { parameters: parameters(model), batch }), rows);
      });
      expect(memory(device).bytes).toBe(start);
      return memory(device).peakBytes - start;
    };
    expect(peak(4)).toBeLessThan(0.5 * peak(32));
  });
});
