/** Check that `JSON.parse` lacks: that an object names a key twice, of which it silently keeps the last. */

/**
 * The first key that an object at any depth of a valid JSON text repeats, or `undefined`.
 *
 * @example
 * repeatedKey('{"a": 1, "a": 2}');   // "a"
 */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = []; // the keys seen in each object that is open; arrays hold no keys
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/gs;
  for (const [token, colon] of json.matchAll(tokens)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, token.length - colon.length)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
