import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Rng } from "@kronograd/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../sha256.ts";
import { csv } from "./csv.ts";

const text = new TextEncoder().encode("x,y\n1,a\n2,b\n3,a\n4,b\n5,a\n");
const rng = new Rng(0);
let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "kronograd-csv-"));
  writeFileSync(join(dir, "t.csv"), text);
  writeFileSync(join(dir, "t.csv.gz"), gzipSync(text));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("csv", () => {
  it("reads a table from a file, plain or compressed", async () => {
    const path = join(dir, "t.csv");
    const table = await csv({ path, rng });
    expect(table).toMatchObject({ name: "t.csv", source: path, classes: 2, train: { count: 4 }, test: { count: 1 } });
    expect((await csv({ path: `${path}.gz`, rng })).fingerprint).toBe(table.fingerprint);
  });

  it("finds by its checksum that a table was cut short between two rows", async () => {
    const path = join(dir, "short.csv");
    writeFileSync(path, text.subarray(0, text.length - 4));
    expect((await csv({ path, rng })).train.count).toBe(3);
    await expect(csv({ path, rng, sha256: sha256(text) })).rejects.toThrow(
      expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: path }) }),
    );
  });

  it("names the file in errors of the table", async () => {
    const path = join(dir, "nan.csv");
    writeFileSync(path, "x,y\n1,a\nNaN,b\n");
    await expect(csv({ path, rng })).rejects.toThrow(`${path}, row 3, column "x": cell is not a finite number`);
  });
});
