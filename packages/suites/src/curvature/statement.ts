/** One statement about a curvature method, and its proof. */

import type { Claim } from "@kronograd/optimizers";
import type { AnyMethod } from "./bench.ts";

/** A statement that the suite can prove or refute. */
export interface Statement {
  /** The fact, as a sentence about "it". */
  readonly says: string;
  /** The claim that it is, or null for a fact that every method must satisfy. */
  readonly claim: Claim | null;
  /** @throws {Error} it does not hold; the message says where */
  prove(method: AnyMethod): void;
}
