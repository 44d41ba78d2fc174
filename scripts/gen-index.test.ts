import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { barrel, generate, generatedHeader } from "./gen-index.ts";
import { tree } from "./tree.ts";

describe("barrel", () => {
  it("exports every source file, sorted, and neither tests nor itself", () => {
    const text = barrel(["b.ts", "a.ts", "a.test.ts", "c.slow.test.ts", "index.ts", "notes.md"]);
    expect(text).toBe(`${generatedHeader}\nexport * from "./a.ts";\nexport * from "./b.ts";\n`);
  });

  it("sorts by name without the ending, as the linter does", () => {
    expect(barrel(["adam-w.ts", "adamax.ts", "adam.ts"]).match(/adam[-\w]*(?=\.ts)/g)).toEqual([
      "adam",
      "adam-w",
      "adamax",
    ]);
  });
});

describe("generate", () => {
  const ops = "packages/tensor/src/ops";

  it("names a stale barrel and writes it only without check", () => {
    using folder = tree({ [`${ops}/add.ts`]: "", [`${ops}/index.ts`]: "old" });
    expect(generate({ check: true, base: folder.base })).toEqual([`${ops}/index.ts`]);
    expect(readFileSync(join(folder.base, ops, "index.ts"), "utf8")).toBe("old");
    generate({ check: false, base: folder.base });
    expect(readFileSync(join(folder.base, ops, "index.ts"), "utf8")).toContain(`"./add.ts"`);
    expect(generate({ check: true, base: folder.base })).toEqual([]);
  });

  it("asks for a barrel that is missing, not for one of an empty folder", () => {
    using folder = tree({ [`${ops}/add.ts`]: "", "packages/layers/src/layers/notes.md": "" });
    expect(generate({ check: true, base: folder.base })).toEqual([`${ops}/index.ts`]);
  });
});
