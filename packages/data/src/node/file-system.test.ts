import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findFile, readBytes, writeBytes } from "./file-system.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kronograd-data-"));
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true });
});
const refusal = (details: Record<string, unknown>) =>
  expect.objectContaining({ name: "DataError", details: expect.objectContaining(details) });

describe("readBytes", () => {
  it("reads a whole file as a plain Uint8Array", async () => {
    const path = join(folder, "a");
    writeFileSync(path, Uint8Array.of(1, 2, 3));
    const bytes = await readBytes(path);
    expect([bytes.constructor, ...bytes]).toEqual([Uint8Array, 1, 2, 3]);
  });

  it("throws DataError with the system's reason", async () => {
    const path = join(folder, "missing");
    await expect(readBytes(path)).rejects.toThrow(refusal({ file: path, got: "ENOENT" }));
    await expect(readBytes(folder)).rejects.toThrow(refusal({ file: folder, got: "EISDIR" }));
  });

  it("throws BackendError where there is no file system", async () => {
    vi.stubGlobal("process", undefined);
    await expect(readBytes("a")).rejects.toThrow(expect.objectContaining({ name: "BackendError" }));
  });
});

describe("writeBytes", () => {
  it("writes a file, making folders, and leaves nothing else", async () => {
    const path = join(folder, "x", "y", "a");
    await writeBytes(path, Uint8Array.of(1, 2));
    await writeBytes(path, Uint8Array.of(3));
    expect([...readFileSync(path)]).toEqual([3]);
    expect(readdirSync(join(folder, "x", "y"))).toEqual(["a"]);
  });

  it("throws DataError and leaves what was there, when it cannot", async () => {
    const path = join(folder, "a");
    writeFileSync(path, "kept");
    await expect(writeBytes(join(path, "b"), Uint8Array.of(1))).rejects.toThrow(refusal({ file: join(path, "b") }));
    expect(readFileSync(path, "utf8")).toBe("kept");
    mkdirSync(join(folder, "d"));
    await expect(writeBytes(join(folder, "d"), Uint8Array.of(1))).rejects.toThrow(refusal({ file: join(folder, "d") }));
    expect(readdirSync(folder)).toEqual(["a", "d"]); // the temporary file is gone
  });
});

describe("findFile", () => {
  it("takes the first name that is a file", async () => {
    writeFileSync(join(folder, "b"), "");
    writeFileSync(join(folder, "c"), "");
    expect(await findFile(folder, ["a", "b", "c"], "help")).toBe(join(folder, "b"));
  });

  it("throws DataError that lists the names", async () => {
    const missing = findFile(folder, ["a", "b"], "Put them there.");
    await expect(missing).rejects.toThrow(
      `${folder}: file is missing (expected a or b, got none of them). Put them there.`,
    );
  });
});
