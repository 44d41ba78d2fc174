/** Where two identities differ, by option. */

import { forwardOps, type Identity, type IdentityPart, measured } from "./identity.ts";

/** One option that is not the same. */
export interface Difference {
  /** Its path: "optimizer.damping", "model.relu1.kind", "batch". */
  readonly option: string;
  /** As the checkpoint has it, or "none". */
  readonly saved: string;
  /** As the run has it, or "none". */
  readonly own: string;
}

// Of measured numbers, relative: an engine may round them otherwise. The loss is measured on the run's device in its dtype.
const lossTolerance = 1e-4;
const stepTolerance = 1e-6;

/** List every option in which two identities differ; what is only measured is listed where no option explains it. */
export function differences(saved: Identity, own: Identity): Difference[] {
  return [...new Set([...Object.keys(own), ...Object.keys(saved)])].flatMap((section) => {
    const named: Difference[] = [];
    const other: Difference[] = [];
    compare(section, saved[section], own[section], named, other);
    return named.length > 0 ? named : other.slice(0, 1);
  });
}

function compare(
  path: string,
  saved: IdentityPart | undefined,
  own: IdentityPart | undefined,
  named: Difference[],
  other: Difference[],
): void {
  const difference = { option: path, saved: text(saved), own: text(own) };
  if (path === `model.${forwardOps}`) {
    other.push(...firstOtherOp(path, saved as readonly string[] | undefined, own as readonly string[] | undefined));
  } else if (path === `loss.${measured.loss}`) {
    if (!isNear(saved, own, lossTolerance)) other.push(difference);
  } else if (path === `optimizer.${measured.optimizer}`) {
    other.push(...otherMoves(path, saved, own));
  } else if (path === "optimizer.chain") {
    if (difference.saved !== difference.own) other.unshift(difference); // its numbers are options
  } else if (isRecord(saved) && isRecord(own)) {
    for (const name of new Set([...Object.keys(own), ...Object.keys(saved)]))
      compare(`${path}.${name}`, saved[name], own[name], named, other);
  } else if (difference.saved !== difference.own) named.push(difference);
}

function firstOtherOp(
  path: string,
  saved: readonly string[] | undefined = [],
  own: readonly string[] | undefined = [],
): Difference[] {
  for (let i = 0; i < Math.max(saved.length, own.length); i++) {
    if (saved[i] === own[i]) continue;
    return [{ option: `${path}, op ${i + 1}`, saved: saved[i] ?? "none", own: own[i] ?? "none" }];
  }
  return [];
}

function otherMoves(path: string, saved: IdentityPart | undefined, own: IdentityPart | undefined): Difference[] {
  if (!isRecord(saved) || !isRecord(own)) {
    return text(saved) === text(own) ? [] : [{ option: path, saved: text(saved), own: text(own) }];
  }
  const floor = Number.EPSILON * Math.max(0, ...Object.values(own).map((value) => Math.abs(Number(value))));
  return Object.keys(own).flatMap((name) =>
    isNear(saved[name], own[name], stepTolerance, floor)
      ? []
      : [{ option: `${path}, ${name}`, saved: text(saved[name]), own: text(own[name]) }],
  );
}

function isNear(a: IdentityPart | undefined, b: IdentityPart | undefined, tolerance: number, floor = 0): boolean {
  if (typeof a !== "number" || typeof b !== "number") return text(a) === text(b);
  return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)) + floor;
}

const isRecord = (part: IdentityPart | undefined): part is Identity =>
  typeof part === "object" && part !== null && !Array.isArray(part);

function text(part: IdentityPart | undefined): string {
  if (part === undefined) return "none";
  return typeof part === "string" ? part : JSON.stringify(part);
}
