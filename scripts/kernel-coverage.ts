/**
 * `npm run coverage:kernels`: compares every backend's kernels with its coverage.json; with `--write` writes the files anew.
 *
 * The GPUs' suites run where `npm run platforms` was run and there is an adapter, if only a program (platforms/README.md).
 */

import { spawnSync } from "node:child_process";

const env = { ...process.env, ...(process.argv.includes("--write") && { KERNEL_COVERAGE: "write" }) };
const suites = [
  ["packages/backend-wasm/src/backend-suite"],
  ["packages/backend-webgpu/src/suite", "packages/backend-gpujs/src/suite", "--mode", "slow"],
];
for (const args of suites) {
  const { status } = spawnSync("npx", ["vitest", "run", ...args], {
    env,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exitCode = status ?? 1;
}
