/** Rules of a router: which parameters they are for, in words and as a test. */

import { type Shape, UsageError } from "@kronograd/tensor";
import { type BlockRole, blockRoles } from "../block-info.ts";

/** Parameter as a rule sees it. */
export interface ParameterInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly role: BlockRole;
}

/** A pattern of the name, a role, several roles, or a function. */
export type Match = RegExp | BlockRole | readonly BlockRole[] | ((parameter: ParameterInfo) => boolean);

/**
 * A match as a test.
 *
 * @throws {UsageError} a role that there is not
 */
export function testOf(match: Match): (parameter: ParameterInfo) => boolean {
  if (typeof match === "function") return match;
  if (match instanceof RegExp) return ({ name }) => name.search(match) !== -1; // unlike test(), search() keeps no position
  const roles = rolesIn(match);
  const unknown = roles.find((role) => !blockRoles.includes(role));
  if (unknown === undefined) return ({ role }) => roles.includes(role);
  throw new UsageError({
    where: "route",
    problem: "there is no such role",
    expected: blockRoles,
    got: unknown,
    help: "For a name, write a pattern: /^conv/.",
  });
}

/** A match in words, for the plan and for messages. */
export function describeMatch(match: Match): string {
  if (typeof match === "function") return match.name === "match" || match.name === "" ? "a function" : match.name;
  return match instanceof RegExp ? String(match) : rolesIn(match).join(", ");
}

const rolesIn = (match: BlockRole | readonly BlockRole[]): readonly BlockRole[] =>
  typeof match === "string" ? [match] : match;
