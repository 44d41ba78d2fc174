import { describe, expect, it } from "vitest";
import { evaluation, random } from "../../testing/index.ts";
import { identity } from "./identity.ts";

describe("identity", () => {
  it("gives the same value under a handle of its own", () => {
    const x = random([2, 3]);
    const y = identity().forward(x, evaluation);
    expect(y.id).toBe(x.id);
    y.dispose();
    expect(x.disposed).toBe(false);
  });
});
