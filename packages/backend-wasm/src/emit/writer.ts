/** Straight-line vector code: values are named as they are made, constants are made once, before all loops. */

import { type Code, constant, type Func, type Local, set, V128 } from "../engine/assembler.ts";
import { type Lanes, multiplyAdd } from "../engine/lanes.ts";

export class Writer {
  readonly lanes: Lanes;
  /** a · b + c */
  readonly multiplyAdd: (a: Code, b: Code, c: Code) => Code;
  readonly #func: Func;
  readonly #numbers = new Map<string, Local>();
  readonly #prologue: Code[] = [];
  #body: Code[] = [];

  constructor(func: Func, lanes: Lanes, fused: boolean) {
    this.lanes = lanes;
    this.multiplyAdd = multiplyAdd(lanes, fused);
    this.#func = func;
  }

  /** Name a value, so that it is computed once. */
  keep(value: Code): Local {
    const local = this.#func.local(V128);
    this.#body.push(set(local, value));
    return local;
  }

  /** Something that is done, not computed. */
  run(code: Code): void {
    this.#body.push(code);
  }

  /** A number in every lane. */
  number(value: number): Local {
    return this.before(`${Object.is(value, -0) ? "-0" : value}`, this.lanes.constant(value));
  }

  /** 32 bits in every lane of 32 bits. */
  bits(value: number): Local {
    return this.before(`bits ${value}`, constant(new Int32Array(4).fill(value)));
  }

  /** A value made before all loops; the same key gives the same one. */
  before(key: string, value: Code): Local {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const local = this.#func.local(V128);
    this.#prologue.push(set(local, value));
    this.#numbers.set(key, local);
    return local;
  }

  /** The code written since the last call. */
  take(): Code {
    const body = this.#body;
    this.#body = [];
    return body;
  }

  /** What must come first in the function; ask when all else is written. */
  get prologue(): Code {
    return this.#prologue;
  }
}
