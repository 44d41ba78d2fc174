import { BatchNorm, Dense, dropout, type Layer, mlp, relu, Sequential } from "@kronograd/layers";
import {
  add,
  cpu,
  Device,
  memory,
  ones,
  Rng,
  ShapeError,
  slice,
  sum,
  type Tensor,
  tensor,
  UsageError,
  uniform,
} from "@kronograd/tensor";
import { deferred } from "@kronograd/testkit";
import { describe, expect, it } from "vitest";
import { predict } from "./predict.ts";

const net = (device = cpu) =>
  new Sequential(
    [new Dense({ in: 2, out: 8 }), new BatchNorm({ features: 8 }), relu(), dropout(0.5), new Dense({ in: 8, out: 3 })],
    { rng: new Rng(1), device },
  );
const rows = (count: number) => uniform(new Rng(2), [count, 2]);

describe("predict", () => {
  it("gives what one forward pass in evaluation gives, whatever the batch", async () => {
    const model = net();
    const x = rows(7);
    const whole = model.forward(x, { training: false });
    for (const batch of [1, 3, 7, 500]) expect(await predict(model, x, { batch })).toBeAllclose(whole, { rtol: 1e-6 });
  });

  it("takes arrays on the host in the model's dtype", async () => {
    const model = mlp([2, 3], { rng: new Rng(1), dtype: "float64" });
    const y = await predict(model, { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
    expect(y.dtype).toBe("float64");
    expect(y).toBeAllclose(model.forward(tensor([[1, 2], [3, 4]], { dtype: "float64" }), { training: false })); // biome-ignore format: a matrix
  });

  it("takes a column of a data set, with its bytes scaled as in training", async () => {
    const model = mlp([2, 3], { rng: new Rng(1) });
    const scaling = { mean: [0.5], deviation: [0.25] };
    const values = Uint8Array.of(0, 255, 51, 102, 153, 204);
    const column = { values, shape: [2], prepare: scaling };
    const x = tensor(
      Float32Array.from(values, (byte) => (byte / 255 - 0.5) / 0.25),
      { shape: [3, 2] },
    );
    expect(await predict(model, column, { batch: 2 })).toBeAllclose(model.forward(x, { training: false }), {
      rtol: 1e-5,
    });
  });

  it("takes inputs by name, with int32 as it is, and gives a tree of outputs", async () => {
    const both = {
      kind: "both",
      forward: (x: unknown) => {
        const { a, b } = x as { a: Tensor; b: Tensor };
        expect(b.dtype).toBe("int32");
        return { sum: sum(a, 1), rows: [a] } as unknown as Tensor;
      },
    } satisfies Layer;
    const inputs = { a: rows(5), b: { data: Int32Array.of(1, 2, 3, 4, 5), shape: [5] } };
    const y = await predict<{ sum: Tensor; rows: Tensor[] }>(both, inputs, { batch: 2 });
    expect(y.sum).toBeAllclose(sum(inputs.a, 1));
    expect(y.rows[0]).toBeAllclose(inputs.a);
  });

  it("works on an asynchronous device", async () => {
    const device = deferred();
    const x = rows(5);
    const expected = net().forward(x, { training: false });
    const y = await predict(net(device), { data: x.dataSync(), shape: [5, 2] }, { batch: 2 });
    expect([...(await y.data())]).toEqual([...expected.dataSync()].map((value) => expect.closeTo(value, 5)));
  });

  it("needs memory for one batch beside the outputs, and leaves only those", async () => {
    const peakOf = async (count: number) => {
      const device = new Device(cpu.backend);
      const model = net(device);
      const { bytes: before, tensors } = memory(device);
      device.memory.peakBytes = before;
      const y = await predict(model, { data: new Float32Array(2 * count).fill(1), shape: [count, 2] }, { batch: 4 });
      expect(memory(device).tensors).toBe(tensors + 1);
      return device.memory.peakBytes - before - y.size * 4;
    };
    expect(await peakOf(400)).toBe(await peakOf(8));
  });

  it("stops with the signal's reason, and leaves nothing", async () => {
    const device = new Device(cpu.backend);
    const controller = new AbortController();
    let calls = 0;
    const model: Layer = {
      kind: "counting",
      forward: (x) => {
        calls += 1;
        if (calls === 2) controller.abort();
        return add(x, x);
      },
    };
    const x = ones([6, 2], { device });
    const { tensors } = memory(device);
    await expect(predict(model, x, { batch: 2, signal: controller.signal })).rejects.toThrow("aborted");
    expect(calls).toBe(2);
    expect(memory(device).tensors).toBe(tensors);
  });

  it("refuses inputs without rows or with different numbers, and a model that does not keep them", async () => {
    const model = mlp([2, 3], { rng: new Rng(1) });
    await expect(predict(model, {})).rejects.toThrow(UsageError);
    await expect(predict(model, { data: new Float32Array(0), shape: [0, 2] })).rejects.toThrow("there are no rows");
    await expect(predict(model, [rows(2), rows(3)])).rejects.toThrow(ShapeError);
    await expect(predict(model, rows(2), { batch: 0 })).rejects.toThrow(UsageError);
    const first: Layer = { kind: "first", forward: (x) => slice(x, [[0, 1]]) };
    await expect(predict(first, rows(4))).rejects.toThrow("does not return a row for each row");
  });
});
