/**
 * C (+)= A B for matrices of any strides: blocks that fit the caches, packed, tile by tile.
 *
 *     for columns in steps of NC, for depth in steps of KC:  pack B [KC, NC]
 *       for rows in steps of MC:                              pack A [MC, KC]
 *         for each tile of [MC, NC]:                          the loop of tile.ts
 *
 * A panel of B stays in the first cache, the packed A in the second, the packed B in the third. Blocks have fixed sizes, and
 * each element of C sums its blocks in ascending k, so the result is the same bits wherever C is cut.
 *
 * Source: Goto & van de Geijn (2008), "Anatomy of high-performance matrix multiplication".
 */

import {
  type Code,
  call,
  type Func,
  i32,
  int,
  integers,
  type Local,
  least,
  loopWhile,
  type Module,
  range,
  select,
  set,
  step,
  upTo,
  when,
} from "../engine/assembler.ts";
import { at, type Lanes } from "../engine/lanes.ts";
import { definePack } from "./pack.ts";
import { type Arithmetic, defineTile, panelRows, type TileSize, tileSize } from "./tile.ts";

export interface Blocks {
  readonly MC: number;
  readonly NC: number;
  readonly KC: number;
}

/** Block sizes: KC · NR of B in 8 KiB, MC · KC of A in 240 KiB, KC · NC of B in 1 MiB. */
export function blocksOf({ bytes }: Lanes): Blocks {
  return { MC: 960 / bytes, NC: 4096 / bytes, KC: 256 };
}

/** Bytes of workspace: a tile, a packed block of A, a packed block of B; each with room for a ragged panel. */
export function workspaceBytes(lanes: Lanes): number {
  const { MC, NC, KC } = blocksOf(lanes);
  return tileBytes + (MC + NC + 16) * KC * lanes.bytes;
}

const tileBytes = 1024;

/** The functions that products share. */
export interface Parts extends TileSize {
  readonly tile: Func;
  readonly short: Func;
  readonly packA: Func;
  readonly packB: Func;
  readonly edge: Func;
}

export function defineParts(module: Module, lanes: Lanes, arithmetic: Arithmetic): Parts {
  const size = tileSize(lanes, arithmetic);
  const { MR, SR, NR } = size;
  return {
    ...size,
    tile: defineTile(module, lanes, arithmetic, MR),
    short: defineTile(module, lanes, arithmetic, SR),
    packA: definePack(module, lanes, MR, (left) => panelRows(left, size)),
    packB: definePack(module, lanes, NR),
    edge: defineEdge(module, lanes, NR),
  };
}

/** Copy (or add) the part of a tile that lies inside C: rows, columns, tile, C, bytes from row to row of C, whether to add. */
function defineEdge(module: Module, lanes: Lanes, NR: number): Func {
  const { load, store, add } = lanes.scalar;
  const one = int(lanes.bytes);
  return module.define(null, integers(6), (f, rows, columns, tile, c, rowStep, adds) => {
    const [i, j, from, to] = f.many(4);
    return upTo(
      i,
      rows,
      set(from, tile),
      set(to, c),
      upTo(
        j,
        columns,
        when(adds, store(to, add(load(to), load(from))), store(to, load(from))),
        step(from, one),
        step(to, one),
      ),
      step(tile, int(NR * lanes.bytes)),
      step(c, rowStep),
    );
  });
}

/** All tiles of one packed block: rows, columns, depth, packed A, packed B, C, bytes from row to row, whether to add, tile space. */
export function tiles(
  f: Func,
  lanes: Lanes,
  parts: Parts,
  block: Readonly<Record<"rows" | "columns" | "depth" | "a" | "b" | "c" | "rowStep" | "adds" | "space", Code>>,
  wanted: (row: Local, column: Local, body: Code) => Code = (_, __, body) => body,
): Code {
  const { MR, SR, NR } = parts;
  const [row, column, c, a, b, tall, wide, isWhole] = f.many(8);
  const [target, targetStep] = f.many(2);
  const product = (tile: Func) => call(tile, block.depth, a, b, target, targetStep, i32.and(isWhole, block.adds));
  const body = [
    set(c, i32.add(block.c, i32.add(i32.mul(row, block.rowStep), i32.shl(column, int(lanes.shift))))),
    set(isWhole, i32.and(i32.equal(wide, int(NR)), i32.or(i32.equal(tall, int(MR)), i32.equal(tall, int(SR))))),
    set(target, select(isWhole, c, block.space)),
    set(targetStep, select(isWhole, block.rowStep, int(NR * lanes.bytes))),
    when(i32.greater(tall, int(SR)), product(parts.tile), product(parts.short)),
    when(isWhole, [], call(parts.edge, tall, wide, block.space, c, block.rowStep, block.adds)),
  ];
  return range(
    column,
    int(0),
    block.columns,
    int(NR),
    set(wide, least(int(NR), i32.sub(block.columns, column))),
    set(a, block.a),
    set(b, at(block.b, i32.mul(column, block.depth), lanes)),
    set(row, int(0)),
    loopWhile(
      i32.less(row, block.rows),
      set(tall, i32.sub(block.rows, row)),
      set(tall, panelRows(tall, parts)),
      wanted(row, column, body),
      step(row, tall),
      step(a, i32.mul(block.depth, int(MR * lanes.bytes))),
    ),
  );
}

/** Whether a tile that begins at this row and column is computed. */
type Wanted = (row: Code, column: Code, size: TileSize) => Code;

/** Whether it meets the lower triangle, or the upper one. */
export const meetsLower: Wanted = (row, column, { MR }) => i32.less(column, i32.add(row, int(MR)));
export const meetsUpper: Wanted = (row, column, { NR }) => i32.less(row, i32.add(column, int(NR)));

export interface GemmForm {
  /** Default: all tiles are. */
  readonly wanted?: Wanted;
  readonly blocks?: Blocks;
}

/**
 * Parameters: m, n, k; address, row step and column step of A and of B; address and row step of C (its columns are
 * neighbours); whether to add to C; workspace; with `wanted`, what is counted as C's first row. Steps are in bytes.
 */
export function defineGemm(
  module: Module,
  name: string,
  lanes: Lanes,
  parts: Parts,
  { wanted, blocks = blocksOf(lanes) }: GemmForm = {},
): Func {
  const { MC, NC, KC } = blocks;
  return module.define(name, integers(wanted === undefined ? 13 : 14), (f, m, n, k, A, rowA, columnA, B, ...rest) => {
    const [rowB, columnB, C, rowC, add, work] = rest as [Local, Local, Local, Local, Local, Local];
    const [jc, pc, ic, nc, kc] = f.many(5);
    const [mc, a, b, c, adds] = f.many(5);
    const product = tiles(
      f,
      lanes,
      parts,
      { rows: mc, columns: nc, depth: kc, a, b, c, rowStep: rowC, adds, space: work },
      wanted &&
        ((row, column, body) =>
          when(wanted(i32.add(f.parameter(13), i32.add(ic, row)), i32.add(jc, column), parts), body)),
    );
    return [
      set(a, i32.add(work, int(tileBytes))),
      set(b, i32.add(a, int((MC + 8) * KC * lanes.bytes))),
      range(
        jc,
        int(0),
        n,
        int(NC),
        set(nc, least(int(NC), i32.sub(n, jc))),
        range(
          pc,
          int(0),
          k,
          int(KC),
          set(kc, least(int(KC), i32.sub(k, pc))),
          set(adds, i32.or(add, i32.greater(pc, int(0)))),
          call(parts.packB, nc, kc, i32.add(B, i32.add(i32.mul(pc, rowB), i32.mul(jc, columnB))), columnB, rowB, b),
          range(
            ic,
            int(0),
            m,
            int(MC),
            set(mc, least(int(MC), i32.sub(m, ic))),
            call(parts.packA, mc, kc, i32.add(A, i32.add(i32.mul(ic, rowA), i32.mul(pc, columnA))), rowA, columnA, a),
            set(c, i32.add(C, i32.add(i32.mul(ic, rowC), i32.shl(jc, int(lanes.shift))))),
            product,
          ),
        ),
      ),
    ];
  });
}
