/** Who may import whom: ARCHITECTURE.md's arrows as data. `check-arrows.ts` fails on anything else. */

export interface Arrows {
  /** Workspaces it may import; "any" for the ends of the graph. */
  readonly workspaces: readonly string[] | "any";
  /** npm packages it may import, each with the folder (from the package's root) below which that is allowed. */
  readonly npm?: Readonly<Record<string, string>>;
  /** Workspaces above it, or beside it, that its tests may import too. */
  readonly tests?: readonly string[];
  /** Folders outside of it that its tests, or all of a folder that is no workspace, import by relative path. */
  readonly reaches?: readonly string[];
  /** Core packages run anywhere: no runtime dependency, no install script, no code from strings, no Node in their public entries. */
  readonly core?: boolean;
}

const core = true;
/** Backends meet ops by name; some that they have kernels for are defined in linalg and optimizers. */
const backendTests = ["suites", "linalg", "optimizers"];
const backend: Arrows = { workspaces: ["tensor"], tests: backendTests };
const belowFit = ["data", "optimizers", "layers", "linalg", "autograd", "tensor"];

export const arrows: Readonly<Record<string, Arrows>> = {
  tensor: { workspaces: [], npm: { ndarray: "src/ndarray" }, core },
  figures: { workspaces: [], core }, // arrays in, SVG and HTML out
  "backend-gpujs": {
    ...backend,
    tests: [...backendTests, "kronograd"],
    reaches: ["platforms"],
    npm: { "gpu.js": "src" },
  },
  "backend-webgpu": { ...backend, reaches: ["platforms"], npm: { webgpu: "src" } },
  autograd: { workspaces: ["tensor"], core },
  linalg: { workspaces: ["tensor"], npm: { "ml-matrix": "src/decompositions" }, core },
  layers: { workspaces: ["autograd", "tensor"], tests: ["suites"], core },
  optimizers: { workspaces: ["linalg", "autograd", "tensor"], tests: ["suites"], core }, // not layers: they meet in LayerRecord and Gradient
  data: { workspaces: ["tensor"], core },
  train: { workspaces: ["optimizers", "layers", "data", "autograd", "tensor"], core },
  experiment: { workspaces: ["train", ...belowFit], core },
  kronograd: {
    workspaces: ["train", ...belowFit, "backend-gpujs", "backend-wasm", "backend-webgpu"],
    reaches: ["platforms"],
  },
  testkit: { workspaces: ["autograd", "tensor"], tests: ["linalg"], npm: { vitest: "src/matcher.ts" } },
  suites: {
    workspaces: ["testkit", "optimizers", "layers", "linalg", "autograd", "tensor"],
    npm: { vitest: "src", "fast-check": "src" },
  },
  conformance: { workspaces: "any" },
  trainer: { workspaces: "any", reaches: ["platforms", "packages/experiment/testing"] },
  bench: { workspaces: "any" },
  examples: { workspaces: "any" },
  integration: { workspaces: "any" },
  platforms: { workspaces: "any" },
  scripts: { workspaces: "any", reaches: ["platforms"] },
};

/**
 * Files that import each other in a circle of types, which is to be dissolved. A circle of files that are not all listed
 * fails, and so does a listed file that is in no circle any more: the list only shrinks.
 */
export const knownCircles: readonly string[] = [];

/** The row of a workspace; a backend without one of its own may import what every backend may. */
export function arrowsOf(id: string, table: Readonly<Record<string, Arrows>> = arrows): Arrows | undefined {
  return table[id] ?? (id.startsWith("backend-") ? backend : undefined);
}

/** What every test may import on top of its package's arrows. */
export const forTests: readonly string[] = ["vitest", "fast-check", "@kronograd/testkit"];
