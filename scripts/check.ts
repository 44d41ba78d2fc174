/**
 * Everything that CI asks of a change, in CI's order; `--all` adds the slow tests.
 *
 * Each step is an npm script that also runs alone. A failing step does not hide the next ones.
 */
import { spawnSync } from "node:child_process";
import { root } from "./workspace.ts";

const steps: readonly string[] = [
  "test",
  "lint",
  "check:types",
  "check:arrows",
  "index:check",
  "docs:coverage",
  "size",
  "check:pack",
];

const results = [...steps, ...(process.argv.includes("--all") ? ["test:slow"] : [])].map((step) => {
  console.log(`\n━━━ ${step} ${"━".repeat(Math.max(0, 74 - step.length))}`);
  const started = performance.now();
  const { status } = spawnSync("npm", ["run", "--silent", step], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(`━━━ ${step}: ${status === 0 ? "ok" : "FAILED"} in ${seconds.toFixed(1)} s`);
  return { step, ok: status === 0, seconds };
});

console.log("\n━━━ summary");
for (const { step, ok, seconds } of results) {
  console.log(`${ok ? "ok    " : "FAILED"}  ${step.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`);
}
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
