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
      return { id: folder.split("/")[1] ?? folder, folder, manifest: manifestIn(join(base, folder)) as Manifest };
    });
}

/** List the TypeScript files under a workspace's src/ and testing/, tests included, as paths from the root. */
export function sourceFiles(workspace: Workspace, base = root): string[] {
  const files = globSync(`${workspace.folder}/{src,testing}/**/*.ts`, { cwd: base });
  return files.map(slashes).sort();
}

/** List the folders with TypeScript that are no workspaces, each with what it and the repository depend on. */
export function looseFolders(base = root): Workspace[] {
  return ["bench", "examples", "integration", "platforms", "scripts"]
    .filter((folder) => existsSync(join(base, folder)))
    .map((folder) => {
      const [whole, own] = [base, join(base, folder)].map((path) => manifestIn(path));
      const devDependencies = { ...whole?.devDependencies, ...own?.dependencies, ...own?.devDependencies };
      return { id: folder, folder, manifest: { name: folder, private: true, devDependencies } };
    });
}

/** List the TypeScript files of such a folder, as paths from the root. */
export function looseFiles({ folder }: Workspace, base = root): string[] {
  const exclude = (path: string): boolean => /(^|[/\\])(node_modules|templates)$/.test(path);
  return globSync(`${folder}/**/*.ts`, { cwd: base, exclude }).map(slashes).sort();
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

/** Whether a file is a test or a helper of tests. */
export const isTest = (file: string): boolean => /\.test\.ts$|\/testing\//.test(file);

/** Write a path from the repository root with forward slashes. */
export const fromRoot = (path: string): string => slashes(relative(root, path));

function manifestIn(folder: string): Manifest | undefined {
  const path = join(folder, "package.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Manifest) : undefined;
}

const slashes = (path: string): string => path.split(sep).join("/");
