import { describe, expect, it } from "vitest";

describe("the test runner", () => {
  it("runs under the repository's own Node, whatever the machine carries", () => {
    expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(24);
  });

  it("runs `using` natively", () => {
    const log: string[] = [];
    {
      using _resource = { [Symbol.dispose]: () => log.push("disposed") };
      log.push("body");
    }
    expect(log).toEqual(["body", "disposed"]);
    expect(
      (() => {
        using x = { [Symbol.dispose]() {} };
        return x;
      }).toString(),
    ).toContain("using ");
  });
});
