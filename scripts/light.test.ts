import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Of an entry of package-lock.json, what would bring other packages along. */
interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const root = join(import.meta.dirname, "..");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Readonly<Record<string, Locked>>;
};

/** Names that npm installs with a workspace, however deep, peers that are not optional included. */
function installedWith(folder: string): Set<string> {
  const seen = new Set<string>();
  const visit = ({ dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} }: Locked) => {
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      if (seen.has(name)) continue;
      seen.add(name);
      const own = name === "kronograd" ? "packages/kronograd" : name.replace("@kronograd/", "packages/");
      visit(lock.packages[own] ?? lock.packages[`node_modules/${name}`] ?? {});
    }
  };
  visit(lock.packages[folder] as Locked);
  return seen;
}

describe("what npm installs", () => {
  it("with the umbrella is nothing but our own packages and the ml-matrix of linalg/decompositions", () => {
    const others = [...installedWith("packages/kronograd")].filter((name) => !name.startsWith("@kronograd/"));
    expect(others.filter((name) => !/^(ml-|is-any-array$)/.test(name))).toEqual([]);
    expect([...installedWith("packages/layers")].filter((name) => !name.startsWith("@kronograd/"))).toEqual([]);
  });

  it.each(["packages/kronograd", "packages/backend-webgpu", "packages/backend-gpujs", "apps/trainer"])(
    "holds neither gpu.js nor webgpu: %s",
    (folder) => {
      const installed = installedWith(folder);
      expect(installed.size).toBeGreaterThan(0);
      expect([installed.has("gpu.js"), installed.has("webgpu")]).toEqual([false, false]);
      expect(lock.packages["node_modules/gpu.js"] ?? lock.packages["node_modules/webgpu"]).toBeUndefined();
    },
  );
});
