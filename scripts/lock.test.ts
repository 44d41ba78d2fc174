import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./workspace.ts";

interface Entry {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Entry> };

describe("package-lock.json", () => {
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
