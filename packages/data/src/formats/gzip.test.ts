import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gunzip, isGzip } from "./gzip.ts";

const plain = Uint8Array.from({ length: 40 }, (_, i) => i % 7);
const packed = new Uint8Array(gzipSync(plain));

describe("gunzip", () => {
  it("undoes gzip", async () => {
    expect(isGzip(packed)).toBe(true);
    expect(await gunzip(packed, "f.gz")).toEqual(plain);
  });

  it("returns what is not gzip as it is", async () => {
    expect(await gunzip(plain, "f")).toBe(plain);
    expect((await gunzip(new Uint8Array(0), "f")).length).toBe(0);
  });

  it("refuses a stream cut short at any byte, altered, or with bytes after its end", async () => {
    const refusal = expect.objectContaining({ name: "DataError", details: expect.objectContaining({ file: "f.gz" }) });
    for (let length = 2; length < packed.length; length++) {
      await expect(gunzip(packed.subarray(0, length), "f.gz")).rejects.toThrow(refusal);
    }
    const checksum = packed.slice();
    checksum[packed.length - 6]! ^= 1;
    await expect(gunzip(checksum, "f.gz")).rejects.toThrow(refusal);
    await expect(gunzip(Uint8Array.of(...packed, 1, 2, 3), "f.gz")).rejects.toThrow(refusal);
  });
});
