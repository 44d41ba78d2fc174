/** Vector instructions, by the type of their lanes. Kernels are written once for `f32x4` and `f64x2`. */

import {
  type Code,
  constant,
  F32,
  F64,
  i32,
  instruction,
  int,
  type Local,
  laneStorer,
  loader,
  storer,
  vector,
  when,
} from "./assembler.ts";

/** Instructions on all 128 bits. */
export const v128 = {
  load: loader(0xfd, 0),
  store: storer(0xfd, 11),
  load32Splat: loader(0xfd, 9),
  load64Splat: loader(0xfd, 10),
  load32Zero: loader(0xfd, 0x5c),
  load64Zero: loader(0xfd, 0x5d),
  /** (address, vector, lane): replace a lane by what is in memory. */
  load32Lane: laneStorer(0x56),
  load64Lane: laneStorer(0x57),
  store32Lane: laneStorer(0x5a),
  store64Lane: laneStorer(0x5b),
  and: vector(0x4e),
  /** a and not b */
  andNot: vector(0x4f),
  or: vector(0x50),
  /** Bits of yes where the mask has ones, else of no. */
  choose: (mask: Code, yes: Code, no: Code): Code => vector(0x52)(yes, no, mask),
  /** Lanes of 32 bits, 0–3 of the first vector and 4–7 of the second. */
  shuffle32: (a: Code, b: Code, lanes: readonly number[]): Code => [
    a,
    b,
    [0xfd, 13],
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  ],
} as const;

export const i32x4 = {
  splat: vector(17),
  constant: (value: number): Code => constant(new Int32Array(4).fill(value)),
  less: vector(0x39),
  equal: vector(0x37),
  add: vector(0xae),
  sub: vector(0xb1),
  mul: vector(0xb5),
  shl: vector(0xab),
  shr: vector(0xac),
  lane: (a: Code, lane: number): Code => [a, [0xfd, 27, lane]],
  /** Whether no lane is 0. */
  allTrue: vector(0xa3),
} as const;

/** Lanes of one float type, and its scalar instructions. */
export interface Lanes {
  readonly name: "f32" | "f64";
  readonly scalarType: typeof F32 | typeof F64;
  readonly count: 4 | 2;
  readonly bytes: 4 | 8;
  /** log2 of bytes */
  readonly shift: 2 | 3;
  readonly constant: (value: number) => Code;
  readonly splat: Op;
  readonly loadSplat: ReturnType<typeof loader>;
  readonly loadLane: ReturnType<typeof laneStorer>;
  readonly storeLane: ReturnType<typeof laneStorer>;
  readonly lane: (a: Code, lane: number) => Code;
  readonly add: Op;
  readonly sub: Op;
  readonly mul: Op;
  readonly div: Op;
  readonly neg: Op;
  readonly abs: Op;
  readonly sqrt: Op;
  readonly floor: Op;
  /** IEEE minimum and maximum: NaN wins. */
  readonly min: Op;
  readonly max: Op;
  /** b < a ? b : a and a < b ? b : a, so NaN in a stays and NaN in b loses. */
  readonly pmin: Op;
  readonly pmax: Op;
  readonly equal: Op;
  readonly notEqual: Op;
  readonly less: Op;
  readonly greater: Op;
  readonly greaterEqual: Op;
  readonly relaxedMultiplyAdd: Op;
  /** One number. */
  readonly scalar: {
    readonly load: ReturnType<typeof loader>;
    readonly store: ReturnType<typeof storer>;
    readonly add: Op;
    readonly sub: Op;
    readonly mul: Op;
    readonly div: Op;
  };
}

type Op = (...operands: Code[]) => Code;

export const f32x4: Lanes & { readonly fromInt: Op } = {
  name: "f32",
  scalarType: F32,
  count: 4,
  bytes: 4,
  shift: 2,
  constant: (value) => constant(new Float32Array(4).fill(value)),
  splat: vector(19),
  loadSplat: v128.load32Splat,
  loadLane: v128.load32Lane,
  storeLane: v128.store32Lane,
  lane: (a, lane) => [a, [0xfd, 31, lane]],
  add: vector(0xe4),
  sub: vector(0xe5),
  mul: vector(0xe6),
  div: vector(0xe7),
  neg: vector(0xe1),
  abs: vector(0xe0),
  sqrt: vector(0xe3),
  floor: vector(0x68),
  min: vector(0xe8),
  max: vector(0xe9),
  pmin: vector(0xea),
  pmax: vector(0xeb),
  equal: vector(0x41),
  notEqual: vector(0x42),
  less: vector(0x43),
  greater: vector(0x44),
  greaterEqual: vector(0x46),
  relaxedMultiplyAdd: vector(0x105),
  scalar: {
    load: loader(0x2a),
    store: storer(0x38),
    add: instruction(0x92),
    sub: instruction(0x93),
    mul: instruction(0x94),
    div: instruction(0x95),
  },
  fromInt: vector(0xfa),
};

export const f64x2: Lanes & { readonly fromFloats: Op; readonly toFloats: Op; readonly fromInts: Op } = {
  name: "f64",
  scalarType: F64,
  count: 2,
  bytes: 8,
  shift: 3,
  constant: (value) => constant(new Float64Array(2).fill(value)),
  splat: vector(20),
  loadSplat: v128.load64Splat,
  loadLane: v128.load64Lane,
  storeLane: v128.store64Lane,
  lane: (a, lane) => [a, [0xfd, 33, lane]],
  add: vector(0xf0),
  sub: vector(0xf1),
  mul: vector(0xf2),
  div: vector(0xf3),
  neg: vector(0xed),
  abs: vector(0xec),
  sqrt: vector(0xef),
  floor: vector(0x75),
  min: vector(0xf4),
  max: vector(0xf5),
  pmin: vector(0xf6),
  pmax: vector(0xf7),
  equal: vector(0x47),
  notEqual: vector(0x48),
  less: vector(0x49),
  greater: vector(0x4a),
  greaterEqual: vector(0x4c),
  relaxedMultiplyAdd: vector(0x107),
  scalar: {
    load: loader(0x2b),
    store: storer(0x39),
    add: instruction(0xa0),
    sub: instruction(0xa1),
    mul: instruction(0xa2),
    div: instruction(0xa3),
  },
  /** The first two lanes of four float32, and back (the last two become 0). */
  fromFloats: vector(0x5f),
  toFloats: vector(0x5e),
  fromInts: vector(0xfe),
};

/** An address `count` elements further on. */
export const at = (base: Code, count: Code, { shift }: Pick<Lanes, "shift">): Code =>
  i32.add(base, i32.shl(count, int(shift)));

/** a · b + c, fused where the engine can. */
export function multiplyAdd(lanes: Lanes, fused: boolean): Op {
  return (a, b, c) => (fused ? lanes.relaxedMultiplyAdd(a!, b!, c!) : lanes.add(lanes.mul(a!, b!), c!));
}

/** Store the first `count` lanes (1 … lanes.count − 1): what is left of a row. */
export function storeTail(lanes: Lanes, address: Code, value: Local, count: Code): Code {
  if (lanes.name === "f64") return v128.store64Lane(address, value, 0);
  const two = i32.and(count, int(2));
  return [
    when(two, v128.store64Lane(address, value, 0)),
    when(
      i32.and(count, int(1)),
      when(two, v128.store32Lane(address, value, 2, 8), v128.store32Lane(address, value, 0)),
    ),
  ];
}
