import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./workspace.ts";

interface Entry {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string) =>
  JSON.parse(readFileSync(join(root, path), "utf8")) as { packages: Record<string, Entry> };

describe.each(["package-lock.json", "platforms/package-lock.json"])("%s", (path) => {
  const lock = read(path);

  it("names no registry host, so that it installs behind any mirror", () => {
    const hosts = Object.values(lock.packages).flatMap(({ link, resolved }) => (link || !resolved ? [] : [resolved]));
    expect(hosts).toEqual([]);
  });

  // A version whose binary for one platform was not published yet leaves a gap here, and npm ci then fails everywhere.
  it("holds every optional dependency, those of other platforms too", () => {
    const names = new Set(Object.keys(lock.packages).map((path) => path.split("node_modules/").at(-1)));
    const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe("npm ci", () => {
  it("installs neither gpu.js nor webgpu, which only those who ask for a GPU need", () => {
    const installed = Object.keys(read("package-lock.json").packages).map((path) => path.split("node_modules/").at(-1));
    expect(installed.filter((name) => name === "gpu.js" || name === "webgpu" || name === "gl")).toEqual([]);
  });
});
