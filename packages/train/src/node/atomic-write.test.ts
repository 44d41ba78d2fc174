import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftovers, writeAtomically } from "./atomic-write.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kronograd-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("writeAtomically", () => {
  it("makes the folder, writes the file and leaves nothing beside it", () => {
    writeAtomically(join(folder, "a/b/file"), new Uint8Array([1, 2, 3]));
    writeAtomically(join(folder, "a/b/file"), "text: é");
    expect(readFileSync(join(folder, "a/b/file"), "utf8")).toBe("text: é");
    expect(readdirSync(join(folder, "a/b"))).toEqual(["file"]);
  });

  it.skipIf(!existsSync("/dev/full"))("throws CheckpointError on a full disk; the old file stands", () => {
    const file = join(folder, "file");
    writeAtomically(file, "old");
    symlinkSync("/dev/full", `${file}.${process.pid}.tmp`); // what the writer opens has no room
    expect(() => writeAtomically(file, "new and longer")).toThrow(
      expect.objectContaining({
        name: "CheckpointError",
        message: `${file}: the disk is full: 14 bytes could not be written. Free some space or choose another --out; files written before are intact.`,
        details: { path: file, bytes: 14, code: "ENOSPC" },
      }),
    );
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("throws CheckpointError with the system's code where a folder cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => writeAtomically(join(folder, "file/inside"), "x")).toThrow(
      expect.objectContaining({ name: "CheckpointError", details: expect.objectContaining({ code: "EEXIST" }) }),
    );
  });
});

describe("removeLeftovers", () => {
  it("removes the temporary files of other processes only", () => {
    mkdirSync(join(folder, "sub"));
    for (const name of ["file", "a.1.tmp", `b.${process.pid}.tmp`, "c.tmp"]) writeFileSync(join(folder, name), "");
    removeLeftovers(folder);
    expect(readdirSync(folder).sort()).toEqual([`b.${process.pid}.tmp`, "c.tmp", "file", "sub"].sort());
  });
});
