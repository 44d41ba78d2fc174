import { countParameters, Dense, layersOf, Sequential } from "@kronograd/layers";
import { cpu, Rng } from "@kronograd/tensor";
import { describe, expect, it } from "vitest";
import { models } from "../catalogs/index.ts";
import type { ModelContext } from "../catalogs/model.ts";
import { openModel } from "./model.ts";

const digits = { name: "mnist", inputShape: [1, 28, 28], targetShape: [], classes: 10 };
const photographs = { name: "cifar10", inputShape: [3, 32, 32], targetShape: [], classes: 10 };
const plane = { name: "spiral", inputShape: [2], targetShape: [], classes: 2 };
const placement = () => ({ rng: new Rng(0), device: cpu, dtype: "float32" as const });
const refusal = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });
const size = async (text: string, data: typeof digits) => countParameters((await openModel(text, data))(placement()));

describe("openModel", () => {
  it("makes mlp:128,64 for MNIST with its 109,386 parameters, and the names that a Sequential gives", async () => {
    const model = (await openModel("mlp:128,64", digits))(placement());
    expect(countParameters(model)).toBe(784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10);
    expect([...layersOf(model)].map(([name]) => name).filter((name) => name.startsWith("dense"))).toEqual([
      "dense1",
      "dense2",
      "dense3",
    ]);
  });

  it("fits each model to the data", async () => {
    expect(await size("mlp:32,32", plane)).toBe(1218);
    expect(await size("lenet", digits)).toBe(215_370);
    expect(await size("cnn:8,16", digits)).toBe(8 * 9 + 8 + 16 * 72 + 16 + 10 * 16 * 49 + 10);
    expect(await size("vgg", photographs)).toBe(288_298);
    expect(await size("resnet20", photographs)).toBe(269_722);
  });

  it("gives the same weights for the same stream", async () => {
    const make = await openModel("mlp:4", plane);
    const weight = () => make(placement()).children?.().dense1?.parameters?.().weight?.dataSync();
    expect(weight()).toEqual(weight());
  });

  it("throws UsageError for an unknown model, and for widths that cannot be read", async () => {
    await expect(openModel("mlpp:3", plane)).rejects.toThrow(refusal("UsageError", /Did you mean "mlp"/));
    for (const text of ["mlp", "mlp:", "mlp:3,", "mlp:0", "mlp:1.5", "lenet:3"]) {
      await expect(openModel(text, digits), text).rejects.toThrow(refusal("UsageError", /cannot be read/));
    }
  });

  it("throws ShapeError for images where there are none, and for images that are too small", async () => {
    await expect(openModel("lenet", plane)).rejects.toThrow(refusal("ShapeError", /takes images/));
    const make = await openModel("cnn:4,4,4", { ...digits, inputShape: [1, 4, 4] });
    expect(() => make(placement())).toThrow();
  });

  it("reads options in brackets", async () => {
    const model = (await openModel("mlp:4(activation=tanh)", plane))(placement());
    expect([...layersOf(model)].map(([, layer]) => layer.kind)).toContain("tanh");
    await expect(openModel("mlp:4(activation=tnah)", plane)).rejects.toThrow(refusal("UsageError", /activation/));
    await expect(openModel("lenet(activation=tanh)", digits)).rejects.toThrow(
      refusal("UsageError", /unknown option "activation"/),
    );
  });

  it("knows these", () => {
    expect(models.entries.map(({ name }) => name)).toEqual(["cnn", "lenet", "mlp", "resnet20", "vgg"]);
  });

  it("takes a file where the surroundings have one, and says so where they have none", async () => {
    const load = async () =>
      (({ inputShape: [n = 0], outputs, ...rest }: ModelContext) =>
        new Sequential([new Dense({ in: n, out: outputs })], rest)) as never;
    expect(countParameters((await openModel("./net.ts", plane, { load }))(placement()))).toBe(6);
    await expect(openModel("./net.ts", plane)).rejects.toThrow(refusal("UsageError", /cannot be loaded here/));
  });
});
