import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cifar10 } from "./cifar10.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "kronograd-cifar10-"));
  ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"].forEach((name, i) => {
    writeFileSync(join(dir, `${name}.bin`), new Uint8Array(3073).fill(i)); // one record of label and pixels i
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("cifar10", () => {
  it("reads the five training files in order, and the test file", async () => {
    const { train, test, source } = await cifar10({ dir, records: 1 });
    expect([train.targets.values, test.targets.values]).toEqual([Int32Array.of(0, 1, 2, 3, 4), Int32Array.of(5)]);
    expect([train.inputs.values[3071], train.inputs.values[3072], source]).toEqual([0, 1, dir]);
  });

  it("expects 10 000 records a file unless told", async () => {
    await expect(cifar10({ dir })).rejects.toThrow(`${join(dir, "data_batch_1.bin")}, byte 3073: file is cut short`);
  });

  it("says which file is missing", async () => {
    rmSync(join(dir, "data_batch_4.bin"));
    await expect(cifar10({ dir, records: 1 })).rejects.toThrow(
      expect.objectContaining({ name: "DataError", expected: "data_batch_4.bin" }),
    );
  });
});
