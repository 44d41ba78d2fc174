import { describe, expect, it } from "vitest";
import { gatherBatch } from "../gather.ts";
import { sha256 } from "../sha256.ts";
import { cifar10FromBinary } from "./cifar10.ts";

/** A file of records with these labels; the planes of record i are filled with i, i + 1 and i + 2. */
function file(name: string, ...labels: number[]) {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, i) => {
    bytes[i * 3073] = label;
    for (let plane = 0; plane < 3; plane++)
      bytes.fill(i + plane, i * 3073 + 1 + plane * 1024, i * 3073 + 1 + (plane + 1) * 1024);
  });
  return { file: name, bytes };
}
const train = [file("dir/data_batch_1.bin", 3, 9), file("dir/data_batch_2.bin", 0, 5)];
const test = [file("dir/test_batch.bin", 1, 2)];
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining(details) });

describe("cifar10FromBinary", () => {
  it("joins the records of all files", () => {
    const dataset = cifar10FromBinary({ train, test }, { records: 2 });
    expect(dataset).toMatchObject({ classes: 10, inputShape: [3, 32, 32], train: { count: 4 }, test: { count: 2 } });
    expect(dataset.train.targets.values).toEqual(Int32Array.of(3, 9, 0, 5));
    expect(dataset.classNames?.[9]).toBe("truck");
  });

  it("keeps the planes apart and scales each by its own statistics", () => {
    const scaling = { mean: [0, 0.5, 0], deviation: [1, 1, 2] };
    const { inputs } = gatherBatch(cifar10FromBinary({ train, test }, { records: 2, scaling }).train, [3], {
      dtype: "float64",
    });
    const values = inputs.dataSync();
    expect([values[0], values[1023]]).toEqual([1 / 255, 1 / 255]);
    expect([values[1024], values[2047]]).toEqual([2 / 255 - 0.5, 2 / 255 - 0.5]);
    expect([values[2048], values[3071]]).toEqual([3 / 255 / 2, 3 / 255 / 2]);
  });

  it("refuses files of another size: a record missing, part of one, one too many", () => {
    const [first, second] = train as [(typeof train)[0], (typeof train)[0]];
    for (const length of [3073, 2 * 3073 - 1, 0]) {
      const short = { ...second, bytes: second.bytes.subarray(0, length) };
      expect(() => cifar10FromBinary({ train: [first, short], test }, { records: 2 })).toThrow(
        refusal({ file: "dir/data_batch_2.bin", byte: length }),
      );
    }
    expect(() => cifar10FromBinary({ train, test: [file("t", 1, 2, 3)] }, { records: 2 })).toThrow(
      refusal({ byte: 6146 }),
    );
    expect(() => cifar10FromBinary({ train, test })).toThrow(
      refusal({ expected: "30730000 bytes (10000 records of 3073)" }),
    );
  });

  it("refuses a label above 9, naming its byte", () => {
    expect(() => cifar10FromBinary({ train, test: [file("t", 1, 10)] }, { records: 2 })).toThrow(
      refusal({ file: "t", byte: 3073, got: 10 }),
    );
  });

  it("checks the checksums that it is given", () => {
    const right = { "data_batch_1.bin": sha256(train[0]!.bytes) };
    expect(cifar10FromBinary({ train, test }, { records: 2, sha256: right }).train.count).toBe(4);
    const wrong = { "data_batch_2.bin": sha256(train[0]!.bytes) };
    expect(() => cifar10FromBinary({ train, test }, { records: 2, sha256: wrong })).toThrow(
      refusal({ file: "dir/data_batch_2.bin" }),
    );
  });
});
