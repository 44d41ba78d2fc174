import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSha256, sha256 } from "./sha256.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

describe("sha256", () => {
  it("gives the examples of FIPS 180-4", () => {
    expect(sha256()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256(ascii("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("equals the platform's for every length around a block's end", () => {
    for (let length = 0; length <= 130; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => 7 * i);
      expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });

  it("is the same however the bytes are cut into parts", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (parts) => {
        expect(sha256(...parts)).toBe(createHash("sha256").update(Buffer.concat(parts)).digest("hex"));
      }),
    );
  });
});

describe("checkSha256", () => {
  it("throws DataError with both checksums unless they are equal", () => {
    const right = sha256(ascii("abc"));
    checkSha256("file", ascii("abc"), right.toUpperCase());
    expect(() => checkSha256("file", ascii("abd"), right)).toThrow(
      expect.objectContaining({ name: "DataError", expected: right, got: sha256(ascii("abd")) }),
    );
  });
});
