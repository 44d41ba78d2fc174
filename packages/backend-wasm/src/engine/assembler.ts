/**
 * A WebAssembly assembler: code is nested arrays of bytes, so instructions compose like calls of functions.
 *
 * A local *is* the code that reads it, so `i32.add(n, int(4))` is n + 4 and `set(n, i32.add(n, int(4)))` assigns it. Nothing
 * is flattened until `Module.bytes`. The engine validates what comes out; there is no type checking here.
 *
 * Source: WebAssembly Core Specification 2.0 with relaxed SIMD, §5 (binary format).
 */

/** Instructions that leave at most one value. */
export type Code = number | Uint8Array | readonly Code[];

/** A local variable, which reads itself. */
export type Local = readonly [0x20, Code];

/** A list of a known length. */
export type Tuple<T, N extends number, Items extends T[] = []> = number extends N
  ? T[]
  : Items["length"] extends N
    ? Items
    : Tuple<T, N, [...Items, T]>;

export type Type = 0x7f | 0x7d | 0x7c | 0x7b;
export const I32 = 0x7f;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;

/** An unsigned number in LEB128, seven bits a byte; most numbers are one byte, which needs no array. */
function unsigned(value: number): Code {
  if (value >= 0 && value < 128) return value;
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

function signed(value: number): Code {
  if (value >= -64 && value < 64) return value & 127;
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest & 127];
}

const bytesOf = ({ buffer }: Float32Array | Float64Array | Int32Array) => new Uint8Array(buffer);

/** A name, of ASCII. */
const text = (value: string): Code => list(Array.from(value, (letter) => letter.charCodeAt(0)));

const list = (items: readonly Code[]): Code[] => [unsigned(items.length), items];

/** An instruction that takes operands from the stack. */
export const instruction =
  (...opcode: readonly Code[]) =>
  (...operands: Code[]): Code => [operands, opcode];

/** A SIMD instruction: prefix and number. */
export const vector = (opcode: number) => instruction(0xfd, unsigned(opcode));

/** Loads take an address and a constant offset in bytes; no alignment is promised. */
export const loader =
  (...opcode: readonly number[]) =>
  (address: Code, offset = 0): Code => [address, opcode, 0, unsigned(offset)];

export const storer =
  (...opcode: readonly number[]) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, 0, unsigned(offset)];

/** Loads and stores of one lane of a vector. */
export const laneStorer =
  (opcode: number) =>
  (address: Code, value: Code, lane: number, offset = 0): Code => [
    address,
    value,
    [0xfd, opcode, 0],
    unsigned(offset),
    lane,
  ];

/** An integer constant. */
export const int = (value: number): Code => [0x41, signed(value)];
export const float = (value: number): Code => [0x43, bytesOf(Float32Array.of(value))];
export const double = (value: number): Code => [0x44, bytesOf(Float64Array.of(value))];
/** A vector constant. */
export const constant = (lanes: Float32Array | Float64Array | Int32Array): Code => [0xfd, 12, bytesOf(lanes)];

export const set = (local: Local, value: Code): Code => [value, 0x21, local[1]];
export const tee = (local: Local, value: Code): Code => [value, 0x22, local[1]];
export const block = (...body: Code[]): Code => [0x02, 0x40, body, 0x0b];
export const loop = (...body: Code[]): Code => [0x03, 0x40, body, 0x0b];
/** Leave `depth` blocks, or go on with the next turn if the outermost of them is a loop. */
export const branch = (depth: number): Code => [0x0c, unsigned(depth)];
export const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)];
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  condition,
  [0x04, 0x40],
  then,
  0x05,
  otherwise,
  0x0b,
];
/** yes if the condition holds, else no; both are computed. */
export const select = (condition: Code, yes: Code, no: Code): Code => [yes, no, condition, 0x1b];
export const call = (target: Func, ...operands: Code[]): Code => [operands, 0x10, unsigned(target.index)];
/** memory.copy and memory.fill; sizes in bytes. */
export const copyBytes = (to: Code, from: Code, size: Code): Code => [to, from, size, [0xfc, 10, 0, 0]];
export const fillBytes = (to: Code, value: Code, size: Code): Code => [to, value, size, [0xfc, 11, 0]];

export const i32 = {
  add: instruction(0x6a),
  sub: instruction(0x6b),
  mul: instruction(0x6c),
  and: instruction(0x71),
  or: instruction(0x72),
  shl: instruction(0x74),
  shr: instruction(0x75),
  isZero: instruction(0x45),
  equal: instruction(0x46),
  notEqual: instruction(0x47),
  less: instruction(0x48),
  greater: instruction(0x4a),
  greaterEqual: instruction(0x4e),
  greaterEqualUnsigned: instruction(0x4f),
  load: loader(0x28),
  store: storer(0x36),
} as const;

/** The smaller (larger) of two integers; operands are computed twice. */
export const least = (a: Code, b: Code): Code => select(i32.less(a, b), a, b);
export const most = (a: Code, b: Code): Code => select(i32.greater(a, b), a, b);

/** Add to a local. */
export const step = (local: Local, by: Code): Code => set(local, i32.add(local, by));

/** Run the body `count` times; the local counts down to 0. */
export const times = (count: Local, ...body: Code[]): Code =>
  block(loop(branchIf(1, i32.isZero(count)), body, step(count, int(-1)), branch(0)));

/** for (local = from; local < to; local += by); signed, so for counters and not for addresses. */
export const range = (local: Local, from: Code, to: Code, by: Code, ...body: Code[]): Code => [
  set(local, from),
  block(loop(branchIf(1, i32.greaterEqual(local, to)), body, step(local, by), branch(0))),
];

/** for (local = 0; local < count; local++) body */
export const upTo = (local: Local, count: Code, ...body: Code[]): Code => range(local, int(0), count, int(1), ...body);

/** while (condition) body */
export const loopWhile = (condition: Code, ...body: Code[]): Code =>
  block(loop(branchIf(1, i32.isZero(condition)), body, branch(0)));

/** The types of so many integer parameters. */
export const integers = <N extends number>(count: N): Tuple<typeof I32, N> =>
  new Array(count).fill(I32) as Tuple<typeof I32, N>;

/** A function while it is written. */
export class Func {
  readonly index: number;
  readonly parameters: readonly Type[];
  readonly result: Type | null;
  readonly locals: Type[] = [];
  code: Code = [];

  constructor(index: number, parameters: readonly Type[], result: Type | null) {
    this.index = index;
    this.parameters = parameters;
    this.result = result;
  }

  parameter(i: number): Local {
    return [0x20, unsigned(i)];
  }

  local(type: Type = I32): Local {
    this.locals.push(type);
    return this.parameter(this.parameters.length + this.locals.length - 1);
  }

  /** Several locals at once. */
  many<N extends number>(count: N, type: Type = I32): Tuple<Local, N> {
    return Array.from({ length: count }, () => this.local(type)) as Tuple<Local, N>;
  }
}

/** How the memory that a module imports was made. */
export interface MemoryType {
  readonly pages: number;
  readonly maximumPages: number;
  readonly shared: boolean;
}

/** A module: functions over one imported memory. */
export class Module {
  readonly #functions: Func[] = [];
  readonly #exports: Code[] = [];

  /** Write a function; `name` exports it. `build` gets its parameters as locals and gives its code. */
  define<const Parameters extends readonly Type[]>(
    name: string | null,
    parameters: Parameters,
    build: (f: Func, ...parameters: { [K in keyof Parameters]: Local }) => Code,
    result: Type | null = null,
  ): Func {
    const f = new Func(this.#functions.length, parameters, result);
    this.#functions.push(f);
    if (name !== null) this.export(name, f);
    f.code = build(f, ...(parameters.map((_, i) => f.parameter(i)) as { [K in keyof Parameters]: Local }));
    return f;
  }

  /** Make a function callable from outside by a name. */
  export(name: string, { index }: Func): void {
    this.#exports.push([text(name), 0, unsigned(index)]);
  }

  bytes({ pages, maximumPages, shared }: MemoryType): Uint8Array<ArrayBuffer> {
    let bytes = new Uint8Array(2 ** 14);
    let end = 0;
    /** Append nested code, flattened: by place, as an iterator would take longer than all else in a function that has just begun to run. */
    const write = (code: Exclude<Code, number>) => {
      for (let i = 0; i < code.length; i++) {
        const part = code[i]!;
        if (typeof part !== "number") write(part);
        else {
          if (end === bytes.length) bytes = extended(bytes);
          bytes[end++] = part;
        }
      }
    };
    /** Append what `content` appends, with its size before it: in five bytes, so that it can be filled in afterwards. */
    const sized = (content: () => void) => {
      write([0x80, 0x80, 0x80, 0x80, 0]);
      const start = end;
      content();
      for (let i = 0; i < 4; i++) bytes[start - 5 + i]! |= ((end - start) >> (7 * i)) & 127;
    };
    const section = (id: number, items: readonly Code[]) => {
      write([id]);
      sized(() => write(list(items)));
    };
    write([0, 97, 115, 109, 1, 0, 0, 0]);
    section(
      1,
      this.#functions.map(({ parameters, result }) => [0x60, list(parameters), list(result === null ? [] : [result])]),
    );
    section(2, [[text("env"), text("memory"), 2, shared ? 3 : 1, unsigned(pages), unsigned(maximumPages)]]);
    section(
      3,
      this.#functions.map((_, i) => unsigned(i)),
    );
    section(7, this.#exports);
    write([10]);
    sized(() => {
      write([unsigned(this.#functions.length)]);
      for (const { locals, code } of this.#functions)
        sized(() => write([list(locals.map((type) => [1, type])), code, 0x0b]));
    });
    return bytes.slice(0, end);
  }
}

function extended(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(2 * bytes.length);
  longer.set(bytes);
  return longer;
}
