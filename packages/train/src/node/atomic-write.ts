/** Files that are written whole or not at all: a temporary file beside the target, fsync, rename, fsync of the folder. */

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { CheckpointError } from "@kronograd/tensor";

/**
 * Replace a file by new contents; on any failure the old file stands and the temporary one is removed.
 *
 * @throws {CheckpointError} the disk is full, or the folder cannot be written
 */
export function writeAtomically(path: string, contents: Uint8Array | string): void {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, "w");
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    discard(temporary);
    throw writeError(path, bytes.length, cause);
  }
}

/** A failure to write as a CheckpointError that names the file and the remedy. */
export function writeError(path: string, bytes: number, cause: unknown): CheckpointError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new CheckpointError({
    where: path,
    problem: full ? `the disk is full: ${bytes} bytes could not be written` : `cannot be written (${code})`,
    help: full
      ? "Free some space or choose another --out; files written before are intact."
      : "Check the folder and its permissions.",
    details: { path, bytes, code },
    cause,
  });
}

/** Remove what writers left behind that were killed before their rename; those of this process are its own business. */
export function removeLeftovers(folder: string): void {
  const leftover = /\.(\d+)\.tmp$/;
  for (const name of readdirSync(folder)) {
    const writer = leftover.exec(name)?.[1];
    if (writer !== undefined && Number(writer) !== process.pid) discard(join(folder, name));
  }
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What made the write fail is the error to report, not this.
  }
}

/** Make a rename last through a power cut. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
