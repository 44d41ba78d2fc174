/** The vitest matcher `toBeAllclose`; importing this file installs it. */

import { expect } from "vitest";
import { compare, type Tolerance } from "./allclose.ts";
import type { Comparable } from "./host.ts";

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Agrees with `want`, norm-wise or elementwise; a failure shows the worst position, both values and the shapes. */
    toBeAllclose(want: Comparable, tolerance?: Tolerance): R;
  }
}

expect.extend({
  toBeAllclose(received: Comparable, want: Comparable, tolerance?: Tolerance) {
    const { pass, message } = compare(received, want, tolerance);
    return { pass, message: () => (pass ? `expected arrays to differ, but they agree ${message}` : message) };
  },
});
