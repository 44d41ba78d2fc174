/**
 * Everything that is asked of a change, in CI's order. A failing step does not hide the next ones.
 *
 * `--ci` adds what CI does on top: GPUs by software and other engines, which `npm run platforms` and Debian's chromium must
 * have been installed for, and a tree that is as it was committed. `--all` adds all slow tests.
 */
import { spawnSync } from "node:child_process";
import { withSoftwareGpu } from "../platforms/software-gpu.ts";
import { root } from "./workspace.ts";

interface Step {
  readonly name: string;
  /** What npm is asked to do. */
  readonly npm: readonly string[];
}

const script = (name: string, ...args: readonly string[]): Step => ({
  name,
  npm: ["run", "--silent", name, ...(args.length > 0 ? ["--", ...args] : [])],
});
const named = (name: string, { npm }: Step): Step => ({ name, npm });
const slow = (...names: readonly string[]): Step => script("test:slow", ...names);

const always: readonly Step[] = [
  script("test"),
  script("lint"),
  script("check:types"),
  script("check:arrows"),
  script("index:check"),
  script("docs:coverage"),
  script("size"),
  script("check:pack"),
];

const fixtures = "apps/conformance/fixtures";
const ofWebGpu = (name: string): string => `backend-webgpu/src/${name}`; // all but many-tiles, which takes minutes here, and memory, which fills what a process may have
const onDevices: readonly Step[] = [
  named("cases webgpu", script("conformance", fixtures, "--backend", "webgpu")),
  named("cases gpujs", script("conformance:page", fixtures, "--backend", "gpujs")),
  named("webgpu", slow(...["suite", "special-values", "shapes", "emit/"].map(ofWebGpu), "kronograd/src/webgpu")),
  named("gpujs", slow("packages/backend-gpujs", "platforms/page.slow")),
  named("engines", slow("platforms/engines", "platforms/deno-webgpu")),
  named("templates", slow("scripts/new")),
];

const asked = (flag: string): boolean => process.argv.includes(flag);
const steps = [...always, ...(asked("--ci") ? onDevices : []), ...(asked("--all") ? [script("test:slow")] : [])];

const results = steps.map(({ name, npm }) =>
  timed(name, () => {
    const options = {
      cwd: root,
      stdio: "inherit",
      env: withSoftwareGpu(process.env),
      shell: process.platform === "win32",
    } as const;
    return spawnSync("npm", npm, options).status === 0;
  }),
);
if (asked("--ci")) results.push(timed("clean tree", isAsCommitted));

console.log("\n━━━ summary");
for (const { name, ok, seconds } of results)
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`);
const passed = results.filter(({ ok }) => ok).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exitCode = passed === results.length ? 0 : 1;

function timed(name: string, run: () => boolean) {
  console.log(`\n━━━ ${name} ${"━".repeat(Math.max(0, 74 - name.length))}`);
  const started = performance.now();
  const ok = run();
  const seconds = (performance.now() - started) / 1000;
  console.log(`━━━ ${name}: ${ok ? "ok" : "FAILED"} in ${seconds.toFixed(1)} s`);
  return { name, ok, seconds };
}

/** No file is changed, and none is there that git neither knows nor ignores. */
function isAsCommitted(): boolean {
  const args = ["-c", `safe.directory=${root}`, "status", "--porcelain"]; // a container's checkout belongs to another user
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (stdout || stderr) console.error(`${stdout}${stderr}`.trimEnd());
  return status === 0 && stdout === "";
}
