import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type IdxImageFiles, imagesFromIdx } from "./idx-images.ts";

/** Images [n, rows, columns] whose pixels count up from 0. */
function images(...shape: [number, number, number]): Uint8Array {
  const [n, rows, columns] = shape;
  const pixels = Array.from({ length: n * rows * columns }, (_, i) => i % 256);
  return Uint8Array.of(0, 0, 8, 3, ...shape.flatMap((size) => [0, 0, 0, size]), ...pixels);
}
const labels = (...values: number[]) => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, values.length, ...values);
const named = (parts: Record<keyof IdxImageFiles, Uint8Array>) =>
  Object.fromEntries(Object.entries(parts).map(([file, bytes]) => [file, { file, bytes }])) as unknown as IdxImageFiles;

const good: Record<keyof IdxImageFiles, Uint8Array> = {
  trainImages: images(3, 2, 2),
  trainLabels: labels(0, 9, 5),
  testImages: images(1, 2, 2),
  testLabels: labels(1),
};
const options = { name: "tiny", scaling: { mean: [0.5], deviation: [0.5] }, source: "test" };
const read = (parts: Partial<typeof good> = {}) => imagesFromIdx(named({ ...good, ...parts }), options);
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining(details) });

describe("imagesFromIdx", () => {
  it("keeps images as bytes [1, rows, columns] and labels as int32", async () => {
    const dataset = await read();
    expect(dataset).toMatchObject({
      name: "tiny",
      classes: 10,
      inputShape: [1, 2, 2],
      train: { count: 3 },
      test: { count: 1 },
    });
    expect([...dataset.train.inputs.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(dataset.train.targets.values).toEqual(Int32Array.of(0, 9, 5));
  });

  it("has one fingerprint for compressed and plain files", async () => {
    const packed = {
      trainImages: new Uint8Array(gzipSync(good.trainImages)),
      testLabels: new Uint8Array(gzipSync(good.testLabels)),
    };
    expect((await read(packed)).fingerprint).toBe((await read()).fingerprint);
  });

  it.each([
    ["labels that are fewer than images", { trainLabels: labels(0, 1) }, { file: "trainLabels", byte: 4, got: 2 }],
    ["a label that is no class", { trainLabels: labels(0, 1, 10) }, { file: "trainLabels", byte: 10, got: 10 }],
    ["test images of another size", { testImages: images(1, 2, 3) }, { file: "testImages", byte: 8, got: "2×3" }],
    ["labels in the place of images", { trainImages: labels(0, 1, 2) }, { file: "trainImages", byte: 2 }],
    ["images in the place of labels", { testLabels: images(1, 1, 1) }, { file: "testLabels", byte: 2 }],
    [
      "labels that are not bytes",
      { testLabels: Uint8Array.of(0, 0, 9, 1, 0, 0, 0, 1, 5) },
      { file: "testLabels", byte: 2 },
    ],
    ["an image file cut short", { trainImages: good.trainImages.subarray(0, 20) }, { file: "trainImages", byte: 20 }],
    [
      "a compressed file cut short",
      { testLabels: new Uint8Array(gzipSync(good.testLabels)).subarray(0, 15) },
      { file: "testLabels" },
    ],
  ])("refuses %s", async (_, parts: Partial<typeof good>, details) => {
    await expect(read(parts)).rejects.toThrow(refusal(details));
  });

  it("refuses each file cut short at any byte", async () => {
    for (const [file, bytes] of Object.entries(good)) {
      for (let length = 0; length < bytes.length; length++) {
        await expect(read({ [file]: bytes.subarray(0, length) })).rejects.toThrow(refusal({ file }));
      }
    }
  });
});
