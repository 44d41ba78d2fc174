/**
 * Are the packages fit to publish? Builds and packs them, then lets publint, attw, a plain import and a type check judge.
 *
 * What is judged is what a user would get: tarballs installed in an empty folder, without symlinks or the source condition.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "./build.ts";
import { entryFiles, root, type Workspace, workspaces } from "./workspace.ts";

const failures: string[] = [];

/** Run a command; a failure is noted with its output, and the other checks still run. */
function run(what: string, cwd: string, command: string, ...args: readonly string[]): boolean {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (status === 0) return true;
  failures.push(what);
  console.error(`✗ ${what}\n${stdout}${stderr}`);
  return false;
}

function checkPackages(packages: readonly Workspace[], folder: string): void {
  for (const workspace of packages) rmSync(join(root, workspace.folder, "dist"), { recursive: true, force: true });
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  if (!run("build", root, "turbo", "run", "build", "--output-logs=errors-only", ...filters)) return;
  const selected = packages.flatMap(({ manifest }) => ["--workspace", manifest.name]);
  if (!run("pack", root, "npm", "pack", "--silent", "--pack-destination", folder, ...selected)) return;

  const tarballs = globSync("*.tgz", { cwd: folder }).map((name) => join(folder, name));
  for (const tarball of tarballs) {
    run(`publint ${tarball}`, root, "publint", "run", "--strict", tarball);
    run(`attw ${tarball}`, root, "attw", tarball, "--profile", "esm-only", "--no-definitely-typed", "--no-emoji");
    run(`no tests in ${tarball}`, root, "node", "-e", noTestFiles, tarball);
  }

  const entries = packages.flatMap((workspace) =>
    [...entryFiles(workspace).keys()].map((subpath) => workspace.manifest.name + subpath.slice(1)),
  );
  writeConsumer(folder, entries);
  if (
    !run("install the tarballs", folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs)
  )
    return;
  run("type check of a user's program", folder, "tsc", "-p", folder);
  linkPeers(packages, folder);
  for (const entry of entries)
    run(`import "${entry}"`, folder, "node", "--input-type=module", "-e", `await import("${entry}")`);
}

/** Optional peers are not installed with the packages; an entry that needs one (the test suites need vitest) is for users who have it. */
function linkPeers(packages: readonly Workspace[], folder: string): void {
  for (const peer of new Set(packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})))) {
    const [from, to] = [join(root, "node_modules", peer), join(folder, "node_modules", peer)];
    if (existsSync(from) && !existsSync(to)) symlinkSync(from, to, "junction");
  }
}

/** A user's program that sees every declaration file, checked without skipLibCheck. */
function writeConsumer(folder: string, entries: readonly string[]): void {
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.AsyncIterable"],
    strict: true,
    noEmit: true,
    types: ["node"],
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  const imports = entries.map((entry, index) => `import * as entry${index} from "${entry}";\nvoid entry${index};\n`);
  writeFileSync(join(folder, "use.ts"), imports.join(""));
}

const noTestFiles = `
  const list = require("node:child_process").execFileSync("tar", ["-tzf", process.argv[1]], { encoding: "utf8" });
  const tests = list.split("\\n").filter((name) => /\\.test\\.|__snapshots__/.test(name));
  if (tests.length > 0) throw new Error("published tests: " + tests.join(", "));
`;

const packages = workspaces().filter((workspace) => !workspace.manifest.private && entryFiles(workspace).has("."));
const folder = mkdtempSync(join(tmpdir(), "kronograd-pack-"));
try {
  if (packages.length > 0) checkPackages(packages, folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`pack: ${packages.length} packages, ${failures.length} failures`);
process.exitCode = failures.length === 0 ? 0 : 1;
