/** The workspace as the scripts see it: its packages, their manifests and their source files. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** The name of its folder: "tensor". */
  readonly id: string;
  /** Path from the repository root: "packages/tensor". */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** List every workspace under packages/ and apps/, sorted by folder. */
export function workspaces(base = root): Workspace[] {
  return globSync("{packages,apps}/*/package.json", { cwd: base })
    .sort()
    .map((path) => {
      const folder = slashes(dirname(path));
      const manifest = JSON.parse(readFileSync(join(base, path), "utf8")) as Manifest;
      return { id: folder.split("/")[1] ?? folder, folder, manifest };
    });
}

/** List the TypeScript files under a workspace's src/, tests included, as paths from the root; none when src/ is missing. */
export function sourceFiles(workspace: Workspace, base = root): string[] {
  const files = globSync(`${workspace.folder}/src/**/*.ts`, { cwd: base });
  return files.map(slashes).sort();
}

/** Give the TypeScript entry files a package publishes (those that exist), by subpath. */
export function entryFiles(workspace: Workspace, base = root): Map<string, string> {
  const entries = new Map<string, string>();
  for (const [subpath, target] of Object.entries(workspace.manifest.exports ?? {})) {
    const source = typeof target === "string" ? undefined : target["@kronograd/source"];
    if (source === undefined) continue;
    const file = `${workspace.folder}/${source.replace(/^\.\//, "")}`;
    if (existsSync(join(base, file))) entries.set(subpath, file);
  }
  return entries;
}

export const isTest = (file: string): boolean => /\.test\.ts$/.test(file);

/** Write a path from the repository root with forward slashes. */
export const fromRoot = (path: string): string => slashes(relative(root, path));

const slashes = (path: string): string => path.split(sep).join("/");
