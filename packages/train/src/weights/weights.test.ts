import { readSafetensors, writeSafetensors } from "@kronograd/data";
import { BatchNorm, buffers, Dense, type Layer, mlp, parameters, relu, Sequential } from "@kronograd/layers";
import { CheckpointError, cpu, Device, type Dtype, ones, Rng, tensor, write } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { small } from "../../testing/index.ts";
import { fit } from "../fit.ts";
import { loadWeights } from "./load-weights.ts";
import { saveWeights } from "./save-weights.ts";

const normed = (seed: number, dtype: Dtype = "float32", device = cpu): Layer =>
  new Sequential([new Dense({ in: 2, out: 3 }), new BatchNorm({ features: 3 }), relu(), new Dense({ in: 3, out: 2 })], {
    rng: new Rng(seed),
    dtype,
    device,
  });

/** Every parameter and buffer as numbers. */
const valuesOf = (model: Layer) =>
  Object.fromEntries(
    Object.entries({ ...parameters(model), ...buffers(model) }).map(([name, t]) => [name, [...t.dataSync()]]),
  );

const errorOf = (f: () => unknown): CheckpointError => {
  try {
    f();
  } catch (error) {
    if (error instanceof CheckpointError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("saveWeights", () => {
  it("writes parameters and buffers by full name, and the model's structure", async () => {
    const bytes = await saveWeights(normed(1), { metadata: { author: "me" } });
    const { tensors, metadata } = readSafetensors(bytes);
    expect([...tensors.keys()].sort()).toEqual([
      "dense1.bias",
      "dense1.weight",
      "dense2.bias",
      "dense2.weight",
      "norm1.beta",
      "norm1.gamma",
      "norm1.runningMean",
      "norm1.runningVariance",
    ]);
    expect(metadata.get("author")).toBe("me");
    const rows = JSON.parse(metadata.get("model") as string) as { name: string; kind: string }[];
    expect(rows.map(({ kind }) => kind)).toEqual(["block", "dense", "norm", "relu", "dense"]);
  });

  it("gives equal bytes for equal weights", async () => {
    expect(await saveWeights(normed(1))).toEqual(await saveWeights(normed(1)));
  });

  it("writes other values in place of the model's own where they are given", async () => {
    const bytes = await saveWeights(normed(1), { values: { "dense2.bias": tensor([5, 6]) } });
    expect(readSafetensors(bytes).tensors.get("dense2.bias")?.data).toEqual(new Float32Array([5, 6]));
  });
});

describe("loadWeights", () => {
  it("brings parameters and running statistics to another model, on another device", async () => {
    const from = normed(1);
    write(buffers(from)["norm1.runningMean"]!, Float32Array.of(1, 2, 3));
    const to = normed(2, "float32", new Device(cpu.backend));
    const { loaded, missing, unexpected, converted } = loadWeights(to, await saveWeights(from));
    expect(valuesOf(to)).toEqual(valuesOf(from));
    expect([loaded.length, missing, unexpected, converted]).toEqual([8, [], [], []]);
  });

  it("lists all that is missing, unexpected or of another shape, and writes nothing", async () => {
    const bytes = await saveWeights(normed(1));
    const other = new Sequential({ dense1: new Dense({ in: 2, out: 4 }), dense3: new Dense({ in: 4, out: 2 }) }, { rng: new Rng(3) }); // biome-ignore format: short
    const before = valuesOf(other);
    const error = errorOf(() => loadWeights(other, bytes, { file: "a.safetensors" }));
    expect(error.where).toBe("a.safetensors");
    expect(error.details).toMatchObject({
      missing: ["dense3.weight", "dense3.bias"],
      unexpected: expect.arrayContaining(["norm1.gamma", "norm1.runningMean", "dense2.weight"]),
    });
    expect(error.message).toContain('"dense3.weight" is missing (the file has "dense2.weight")');
    expect(error.message).toContain('"dense1.weight" has shape [3, 2], the model\'s is [4, 2]');
    expect(valuesOf(other)).toEqual(before);
  });

  it("loads what fits by name where it is not strict, and says what it left", async () => {
    const bytes = await saveWeights(normed(1));
    const part = new Sequential({ dense1: new Dense({ in: 2, out: 3 }), head: new Dense({ in: 3, out: 5 }) }, { rng: new Rng(3) }); // biome-ignore format: short
    const { loaded, missing, unexpected } = loadWeights(part, bytes, { strict: false });
    expect(loaded).toEqual(["dense1.weight", "dense1.bias"]);
    expect(missing).toEqual(["head.weight", "head.bias"]);
    expect(unexpected).toContain("dense2.weight");
    expect(valuesOf(part)["dense1.weight"]).toEqual(valuesOf(normed(1))["dense1.weight"]);
  });

  it("renames by a table or a function; null leaves a tensor out", async () => {
    const bytes = writeSafetensors(
      new Map([
        ["net.0.weight", { data: Float32Array.of(1, 2), shape: [1, 2] }],
        ["net.0.bias", { data: Float32Array.of(3), shape: [1] }],
        ["steps", { data: Int32Array.of(9), shape: [] }],
      ]),
    );
    const model = mlp([2, 1], { rng: new Rng(0) });
    const table = { "net.0.weight": "dense1.weight", "net.0.bias": "dense1.bias", steps: null };
    const rename = (name: string) => (name === "steps" ? null : name.replace("net.0", "dense1"));
    for (const how of [table, rename]) {
      write(parameters(model)["dense1.bias"]!, Float32Array.of(0));
      loadWeights(model, bytes, { rename: how });
      expect(valuesOf(model)).toEqual({ "dense1.weight": [1, 2], "dense1.bias": [3] });
    }
    const twice = () => loadWeights(model, bytes, { rename: () => "dense1.bias" });
    expect(twice).toThrow('two tensors are called "dense1.bias" after renaming');
  });

  it("widens float32 without loss, and rounds float64 only if it is told to", async () => {
    const wide = normed(1, "float64");
    const { converted } = loadWeights(wide, await saveWeights(normed(2)));
    expect(converted).toHaveLength(8);
    expect(converted[0]).toEqual({ name: "dense1.weight", from: "float32", to: "float64" });
    expect(valuesOf(wide)).toEqual(valuesOf(normed(2)));

    const bytes = await saveWeights(normed(3, "float64"));
    const narrow = normed(4);
    expect(() => loadWeights(narrow, bytes)).toThrow(/would be rounded to float32.*Pass convert: true/);
    expect(loadWeights(narrow, bytes, { convert: true }).converted).toHaveLength(8);
    expect(valuesOf(narrow)["dense1.weight"]).toEqual(
      valuesOf(normed(3, "float64"))["dense1.weight"]?.map((value) => Math.fround(value)),
    );
  });

  it("refuses bytes that were cut or altered, values that are not finite, and whole numbers for floats", async () => {
    const bytes = await saveWeights(mlp([2, 1], { rng: new Rng(0) }));
    const model = mlp([2, 1], { rng: new Rng(1) });
    expect(() => loadWeights(model, bytes.subarray(0, -1))).toThrow(CheckpointError);
    const altered = bytes.slice();
    altered[altered.length - 1]! ^= 1;
    expect(() => loadWeights(model, altered)).toThrow("do not match their checksum");
    const file = (bias: Float32Array | Int32Array) =>
      writeSafetensors(
        new Map([
          ["dense1.weight", { data: Float32Array.of(1, 2), shape: [1, 2] }],
          ["dense1.bias", { data: bias, shape: [1] }],
        ]),
      );
    expect(() => loadWeights(model, file(Float32Array.of(Number.NaN)))).toThrow('"dense1.bias" holds NaN at element 0');
    expect(() => loadWeights(model, file(Int32Array.of(1)))).toThrow('"dense1.bias" is int32, the model\'s is float32');
  });

  it("reads a checkpoint of fit", async () => {
    const model = normed(1);
    const kept: Uint8Array[] = [];
    const save = (bytes: Uint8Array) => {
      kept.push(bytes);
      return "";
    };
    const head = new Dense({ in: 2, out: 3 });
    const whole = new Sequential({ model, head }, { rng: new Rng(5) });
    await fit({ ...small(), model: whole, steps: 3, checkpoint: { every: 3, save } });
    const other = new Sequential({ model: normed(7), head: new Dense({ in: 2, out: 3 }) }, { rng: new Rng(8) });
    loadWeights(other, kept.at(-1)!);
    expect(valuesOf(other)).toEqual(valuesOf(whole));
    expect(valuesOf(other)["model.norm1.runningMean"]).not.toEqual([0, 0, 0]);
  });

  it("leaves no tensor behind", async () => {
    const device = new Device(cpu.backend);
    const model = normed(1, "float32", device);
    const { tensors } = device.memory;
    loadWeights(model, await saveWeights(model));
    expect(device.memory.tensors).toBe(tensors);
    expect(() => loadWeights(model, new Uint8Array(3))).toThrow(CheckpointError);
    expect(ones([1]).device).toBe(cpu);
  });
});

describe("fit({ saveBest })", () => {
  it("gives the weights of the best evaluation as bytes", async () => {
    const model = mlp([2, 5, 3], { rng: new Rng(2) });
    let best: Uint8Array | undefined;
    const steps: number[] = [];
    const weights: (readonly number[])[] = [];
    for await (const event of fit({
      ...small({ model }),
      steps: 6,
      evaluateEvery: 2,
      saveBest: (bytes, { step }) => {
        best = bytes;
        steps.push(step);
      },
    })) {
      if (event.type === "eval" && event.split === "validation") weights.push(valuesOf(model)["dense1.weight"]!);
      if (event.type === "end") expect(steps.at(-1)).toBe(event.best?.step);
    }
    loadWeights(model, best!);
    expect(valuesOf(model)["dense1.weight"]).toEqual(weights[steps.at(-1)! / 2]);
  });
});
