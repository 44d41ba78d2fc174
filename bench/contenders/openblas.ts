/** OpenBLAS, called through koffi on typed arrays without a copy: what native code reaches here. */

import { type Contender, timed } from "../contender.ts";
import type { Job } from "../job.ts";
import { loadRival } from "../rivals/install.ts";
import { positiveDefinite, uniformValues } from "./numbers.ts";

// biome-ignore lint/suspicious/noExplicitAny: foreign functions take what they are given
type Foreign = (...values: any[]) => unknown;
interface Library {
  func(declaration: string): Foreign;
}

const files = [
  "libopenblas.so.0",
  "libopenblas.so",
  "libopenblas.dylib",
  "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
  "libopenblas.dll",
];
const [rowMajor, plain, lower, left, nonUnit] = [101, 111, 122, 141, 131];

/** Open it with so many threads. */
export async function openBlas(threads: number): Promise<Contender | string> {
  const koffi = loadRival<{ load(file: string): Library }>("koffi");
  if (typeof koffi === "string") return koffi;
  // its workers look on for 2²⁵ cycles, some 10 ms as ours; by default for 2²⁸, 100 ms
  process.env.OPENBLAS_THREAD_TIMEOUT ??= "25";
  const library = firstOf(files, (file) => koffi.load(file));
  if (library === undefined) return "not installed (no libopenblas)";
  const setThreads = library.func("void openblas_set_num_threads(int)");
  const core = library.func("const char *openblas_get_corename()")();
  const call = functionsOf(library);
  return {
    name: "openblas",
    about: `OpenBLAS, ${core}, ${threads} thread${threads === 1 ? "" : "s"}`,
    prepare(job) {
      const once = prepare(call, job);
      if (typeof once === "string") return once;
      const turn = timed(once);
      return {
        rest: threads > 1 ? 40 : 0,
        run(repetitions) {
          setThreads(threads);
          return turn.run(repetitions);
        },
      };
    },
  };
}

function firstOf<T>(names: readonly string[], open: (name: string) => T): T | undefined {
  for (const name of names) {
    try {
      return open(name);
    } catch {} // not this one
  }
  return undefined;
}

type Functions = ReturnType<typeof functionsOf>;

function functionsOf(library: Library) {
  const sizes = (names: string) => names.replace(/\b\w+\b/g, "int $&");
  const cblas = (prefix: "s" | "d", T: "float" | "double") => ({
    gemm: library.func(
      `void cblas_${prefix}gemm(${sizes("order, ta, tb, m, n, k")}, ${T} alpha, ${T} *a, int lda, ${T} *b, int ldb, ${T} beta, ${T} *c, int ldc)`,
    ),
    syrk: library.func(
      `void cblas_${prefix}syrk(${sizes("order, triangle, t, n, k")}, ${T} alpha, ${T} *a, int lda, ${T} beta, ${T} *c, int ldc)`,
    ),
  });
  const lapack = (name: string, T: string) =>
    firstOf([name], () => library.func(`void ${name}_(const char *triangle, int *n, ${T} *a, int *lda, int *info)`));
  return {
    float32: cblas("s", "float"),
    float64: cblas("d", "double"),
    trsm: library.func(
      `void cblas_strsm(${sizes("order, side, triangle, t, diagonal, m, n")}, float alpha, float *a, int lda, float *b, int ldb)`,
    ),
    spotrf: lapack("spotrf", "float"),
    dpotrf: lapack("dpotrf", "double"),
    dpotri: lapack("dpotri", "double"),
  };
}

function prepare(call: Functions, job: Job): (() => void) | string {
  const values = (length: number, float64 = false) =>
    float64 ? Float64Array.from(uniformValues(length)) : uniformValues(length);
  switch (job.kind) {
    case "gemm": {
      const { m, n, k, float64 } = job;
      const [a, b, c] = [values(m * k, float64), values(k * n, float64), values(m * n, float64)];
      const { gemm } = float64 === true ? call.float64 : call.float32;
      return () => void gemm(rowMajor, plain, plain, m, n, k, 1, a, k, b, n, 0, c, n);
    }
    case "syrk": {
      const { n, k, float64 } = job;
      const [a, c] = [values(n * k, float64), values(n * n, float64)];
      const { syrk } = float64 === true ? call.float64 : call.float32;
      return () => void syrk(rowMajor, lower, plain, n, k, 1, a, k, 0, c, n);
    }
    case "solve": {
      const { n, k } = job;
      const [T, B] = [positiveDefinite(n), values(n * k) as Float32Array];
      const X = new Float32Array(n * k);
      return () => {
        X.set(B);
        call.trsm(rowMajor, left, lower, plain, nonUnit, n, k, 1, T, n, X, k);
      };
    }
    case "cholesky": {
      const { spotrf } = call;
      if (spotrf === undefined) return "has no LAPACK";
      const A = positiveDefinite(job.n);
      const L = new Float32Array(A.length);
      const [n, info] = [Int32Array.of(job.n), new Int32Array(1)];
      return () => {
        L.set(A);
        spotrf("L", n, L, n, info);
      };
    }
    case "inverse": {
      const { dpotrf, dpotri } = call;
      if (dpotrf === undefined || dpotri === undefined) return "has no LAPACK";
      const A = Float64Array.from(positiveDefinite(job.n));
      const inverse = new Float64Array(A.length);
      const [n, info] = [Int32Array.of(job.n), new Int32Array(1)];
      return () => {
        inverse.set(A);
        dpotrf("L", n, inverse, n, info);
        dpotri("L", n, inverse, n, info);
      };
    }
    default:
      return `has no ${job.kind}`;
  }
}
