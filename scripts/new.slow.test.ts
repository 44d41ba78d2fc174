import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { scaffold, targets } from "./new.ts";
import { tree } from "./tree.ts";
import { root } from "./workspace.ts";

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
});
