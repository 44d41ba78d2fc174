/** Sums, inner products, extrema with their places, log Σ eˣ, and the count of what is not finite. */

import { type Kernel, type Operand, sizeOf } from "@kronograd/tensor";
import { broadcastWalk, type Reduced } from "@kronograd/tensor/kernel";
import { mathFunctions } from "../emit/math.ts";
import { reduce } from "../emit/reduce.ts";
import { walkText, walkUniforms } from "../emit/walk.ts";
import type { Kit } from "../kit.ts";

const write = ([out = ""]: readonly string[]) => `${out}[u.o0 + row] = a;`;

/** A thread's share of log Σ eˣ: the largest element so far, and Σ e^(x − largest). */
const logSumExpParts = `
struct Largest { top: f32, total: f32 }
fn join_(a: Largest, b: Largest) -> Largest {
  let top = max_(a.top, b.top);
  if (!finite_(top)) { return Largest(top, 1.0); }
  return Largest(top, a.total * exp_(a.top - top) + b.total * exp_(b.top - top));
}`;

const extremumParts = (sign: ">" | "<") => `
struct Best { value: f32, place: u32 }
fn better_(a: Best, b: Best) -> Best {
  if (a.place == 0xffffffffu) { return b; }
  if (b.place == 0xffffffffu) { return a; }
  let an = nan_(a.value);
  let bn = nan_(b.value);
  if (an || bn) {
    if (an && bn) { return Best(a.value, min(a.place, b.place)); }
    if (an) { return a; }
    return b;
  }
  if (b.value ${sign} a.value || (b.value == a.value && b.place < a.place)) { return b; }
  return a;
}`;

export function reductionKernels(kit: Kit): Record<string, Kernel> {
  const extremum =
    (sign: ">" | "<"): Kernel =>
    (outputs, inputs, { axes }: Reduced) => {
      const [x] = inputs as readonly [Operand];
      if (x.dtype !== "float32") return false;
      reduce(kit, {
        name: `extremum ${sign}`,
        outputs,
        inputs,
        axes,
        type: "Best",
        declarations: extremumParts(sign),
        initial: "Best(0.0, 0xffffffffu)",
        element: (value) => `Best(${value}, j)`,
        combine: "better_(a, b)",
        finish: ([values, places]) => `${values}[u.o0 + row] = a.value; ${places}[u.o1 + row] = i32(a.place);`,
      });
      return true;
    };
  return {
    sum(outputs, inputs, { axes }: Reduced) {
      const isInt = (inputs[0] as Operand).dtype === "int32";
      reduce(kit, {
        name: isInt ? "sum i32" : "sum",
        outputs,
        inputs,
        axes,
        type: isInt ? "i32" : "f32",
        initial: isInt ? "0i" : "0.0",
        element: (x = "") => x,
        combine: "a + b",
        finish: write,
        isSum: true,
      });
      return true;
    },
    dot(outputs, inputs) {
      const [x, y] = inputs as readonly [Operand, Operand];
      if (x.dtype !== "float32" || y.dtype !== "float32") return false;
      reduce(kit, {
        name: "dot",
        outputs,
        inputs,
        axes: x.shape.map((_, axis) => axis),
        type: "f32",
        initial: "0.0",
        element: (a, b) => `${a} * ${b}`,
        combine: "a + b",
        finish: write,
        isSum: true,
      });
      return true;
    },
    max: extremum(">"),
    min: extremum("<"),
    logSumExp(outputs, inputs, { axes }: Reduced) {
      if ((inputs[0] as Operand).dtype !== "float32") return false;
      reduce(kit, {
        name: "logSumExp",
        outputs,
        inputs,
        axes,
        type: "Largest",
        declarations: logSumExpParts,
        initial: "Largest(bits_(0xff800000u), 0.0)",
        element: (x) => `Largest(${x}, 1.0)`,
        combine: "join_(a, b)",
        finish: ([out]) => `${out}[u.o0 + row] = select(a.top, a.top + log_(a.total), finite_(a.top));`,
      });
      return true;
    },
    countNonFinite(outputs, inputs) {
      const [out] = outputs as readonly [Operand];
      kit.clear(out);
      for (const x of inputs) {
        if (x.dtype !== "float32") continue; // whole numbers are finite
        const size = sizeOf(x.shape);
        const walk = broadcastWalk(x.shape, [x]);
        kit.run({
          name: `countNonFinite ${walk.counts.length}`,
          outputs: [out],
          inputs: [x],
          uniforms: { size: ["u32", size], o0: ["u32", out.offset], i0: ["i32", x.offset], ...walkUniforms("", walk) },
          groups: Math.ceil(size / 1024),
          source: ([to], [from]) => ({
            atomic: 0,
            declarations: mathFunctions,
            main: `
for (var k = 0u; k < 4u; k++) {
  let i = (linear * 4u + k) * 256u + thread;
  if (i < u.size) {
    ${walkText("", walk, "i")}
    if (!finite_(${from}[u32(u.i0 + at0)])) { atomicAdd(&${to}[u.o0], 1); }
  }
}`,
          }),
        });
      }
      return true;
    },
  };
}
