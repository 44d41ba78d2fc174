/** Trees in workgroup memory (`shared_`), in which R threads meet for one result: a fixed order, so the same bits each time. */

/** Statements that halve the threads of a row until `r` = 0 has all; `body` joins in what thread + s · step has. */
export const meet = (R: number, body: string): string => `
for (var s = ${Math.floor(R / 2)}u; s > 0u; s /= 2u) {
  if (r < s) { ${body} }
  workgroupBarrier();
}`;

const toAll = (name: string, R: number, join: string) => `
fn ${name}(value: f32, thread: u32, r: u32) -> f32 {
  shared_[thread] = value;
  workgroupBarrier();
  ${meet(R, `shared_[thread] = ${join};`)}
  let result = shared_[thread - r];
  workgroupBarrier();
  return result;
}`;

/**
 * Functions `sum_` and `largest_` of one float from each of R neighbouring threads; all of them get the result, and all
 * threads of a workgroup call them.
 */
export const rowFunctions = (R: number): string => `
var<workgroup> shared_: array<f32, 256>;
${toAll("sum_", R, "shared_[thread] + shared_[thread + s]")}
${toAll("largest_", R, "max_(shared_[thread], shared_[thread + s])")}`;

export function powerOfTwo(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}
