/**
 * The grids of `tune`, as data: every rival has as many points as every other.
 *
 * What is not in a grid stays at the optimizer's default, or at `fixed`. First-order rivals search rate and the decay of
 * what they average; K-FAC rate and damping; SKFAC fewer of both, for two ranks.
 */

import { readFileSync } from "node:fs";
import { UsageError } from "@kronograd/tensor";
import * as v from "valibot";

/** A rival's grid: the product of its axes, with `fixed` added to each point. */
export interface Grid {
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly axes: Readonly<Record<string, readonly unknown[]>>;
}

/** Options of one point. */
export type GridPoint = Readonly<Record<string, unknown>>;

/** Grids by optimizer. */
export const grids: Readonly<Record<string, Grid>> = {
  sgd: {
    fixed: { nesterov: true },
    axes: { learningRate: [0.02, 0.05, 0.1, 0.2, 0.4, 0.8], momentum: [0.9, 0.95] },
  },
  adam: {
    fixed: {},
    axes: { learningRate: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032], decay: [0.99, 0.999] },
  },
  kfac: {
    fixed: { statisticsEvery: 5, refreshEvery: 20 },
    axes: { learningRate: [0.005, 0.01, 0.02, 0.04], damping: [0.01, 0.03, 0.1] },
  },
  skfac: {
    fixed: {},
    axes: { learningRate: [0.005, 0.01, 0.02], damping: [0.03, 0.1], rank: [32, 64] },
  },
};

const schema = v.record(
  v.string(),
  v.object({ fixed: v.record(v.string(), v.unknown()), axes: v.record(v.string(), v.array(v.unknown())) }),
);

/** Read grids from a JSON file in the form of the table above. @throws {UsageError} it cannot be read */
export function readGrids(file: string): Readonly<Record<string, Grid>> {
  let parsed: ReturnType<typeof v.safeParse<typeof schema>>;
  try {
    parsed = v.safeParse(schema, JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new UsageError({ where: file, problem: `cannot be read: ${(cause as Error).message}`, cause });
  }
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UsageError({
    where: file,
    problem: `"${v.getDotPath(issue) ?? ""}" is not what a grid has`,
    expected: '{ "sgd": { "fixed": {}, "axes": { "learningRate": [0.1, 0.2] } } }',
  });
}

/** Every point of a grid, the first axis slowest. */
export function pointsOf({ fixed, axes }: Grid): GridPoint[] {
  let points: GridPoint[] = [fixed];
  for (const [name, values] of Object.entries(axes)) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points;
}

/** So many of the points, evenly spread. */
export function thin(points: readonly GridPoint[], count: number): GridPoint[] {
  if (count >= points.length) return [...points];
  return Array.from({ length: count }, (_, i) => points[Math.floor(((i + 0.5) * points.length) / count)] as GridPoint);
}
