import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { generate } from "./gen-index.ts";
import { scaffold, targets } from "./new.ts";
import { tree } from "./tree.ts";
import { root } from "./workspace.ts";

/** The part of vitest's report that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly title: string; readonly failureMessages: readonly string[] }[];
  }[];
}

describe("scaffold", () => {
  it("writes files that type-check at the place where they go, before anything is filled in", () => {
    using folder = tree({});
    const texts = new Map<string, string>();
    for (const kind of Object.keys(targets)) {
      for (const path of scaffold(kind, `new-${kind}`, folder.base)) {
        if (path.endsWith(".ts")) texts.set(join(root, path), readFileSync(join(folder.base, path), "utf8"));
      }
    }
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const host = ts.createCompilerHost(options);
    const { fileExists, getSourceFile } = host;
    host.fileExists = (path) => texts.has(path) || fileExists(path);
    host.directoryExists = () => true; // also that of a package that is not there yet
    host.getSourceFile = (path, version, ...rest) => {
      const text = texts.get(path);
      return text === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version);
    };
    const program = ts.createProgram([...texts.keys()], options, host);
    const problems = [...texts.keys()].flatMap((path) => {
      const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(path));
      return found.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
    });
    expect(problems).toEqual([]);
  });

  it("writes tests that run, and fail where something is blank and nowhere else", () => {
    using folder = tree({});
    const written = new Map<string, readonly string[]>();
    let report: Report;
    try {
      for (const kind of Object.keys(targets)) written.set(kind, scaffold(kind, `fresh-${kind}`));
      generate({ check: false }); // catalogs find things by their folder's barrel
      const file = join(folder.base, "report.json");
      const args = ["vitest", "run", "--reporter=json", `--outputFile=${file}`, "fresh-"];
      const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
      const shell = process.platform === "win32";
      spawnSync("npx", args, { cwd: root, env: { ...env, SLOW: "0" }, shell });
      report = JSON.parse(readFileSync(file, "utf8")) as Report;
    } finally {
      for (const [kind, paths] of written) {
        if (kind === "backend") rmSync(join(root, dirname(paths[0] as string)), { recursive: true });
        else for (const path of paths) rmSync(join(root, path));
      }
      generate({ check: false });
    }
    const tests = report.testResults.map(({ name, message, assertionResults }) => ({
      name: name.replace(`${root}/`, ""),
      message,
      failed: assertionResults.filter(({ failureMessages }) => failureMessages.length > 0),
    }));
    expect(tests.map(({ name }) => name).sort()).toEqual(
      [...written.values()].flatMap((paths) => paths.filter((path) => path.endsWith(".test.ts"))).sort(),
    );
    for (const { name, message, failed } of tests) {
      expect(message, name).toBe(""); // of a file that cannot be loaded
      expect(failed.length, name).toBeGreaterThan(0);
      for (const { title, failureMessages } of failed) expect(`${title}: ${failureMessages}`, name).toMatch(/blank/);
    }
  });
});
