import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { missing, openDevice } from "../testing/device.ts";

const kibibytes = 8_000_000;
/** Where the device's memory is the process's own, a limit on the process is one on the device. */
const isBounded =
  missing === null && process.platform === "linux" && (await openDevice()).adapter.includes("(software)");

it.skipIf(!isBounded)(
  "memory at its end is a BackendError with what to do, and the device goes on when tensors are freed",
  async () => {
    const program = join(import.meta.dirname, "../testing/fill-memory.ts");
    const command = `ulimit -v ${kibibytes}; exec "${process.execPath}" --conditions=@kronograd/source "${program}"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { timeout: 100_000 });
    const { full, told, last, poolBytes } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    expect(full).toBeGreaterThan(1);
    expect(told).toMatchObject({ name: "BackendError" });
    expect(told.message).toMatch(/the device has no memory left for float32 \[67108864\].*Use smaller batches/s);
    expect(last).toBe(1);
    expect(poolBytes).toBeLessThan(full * 2 ** 28);
  },
  120_000,
);
