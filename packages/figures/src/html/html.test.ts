import { describe, expect, it } from "vitest";
import { html } from "./html.ts";

describe("html", () => {
  it("escapes every value, in content and in attributes", () => {
    const evil = `"><script>alert('x')</script>&\``;
    const { text } = html`<p title="${evil}">${evil}</p>`;
    const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&#96;";
    expect(text).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  it("does not escape its own markup twice, at any depth of lists", () => {
    expect(html`<ul>${[["a", "<"].map((each) => html`<li>${each}</li>`), 3]}</ul>`.text).toBe(
      "<ul><li>a</li><li>&lt;</li>3</ul>",
    );
  });

  it("leaves out null and false, and keeps 0 and the empty text", () => {
    expect(html`[${null}${false}${0}${""}]`.text).toBe("[0]");
  });

  it("replaces control characters, which no document may hold", () => {
    expect(html`${"a\u0000b\u001Bc\td"}`.text).toBe("a\uFFFDb\uFFFDc\td");
  });
});
