/**
 * The matrix of a convolution's patches, which never exists in memory: its element (tap, place) is a pixel of the padded
 * image, at the sum of one offset for the tap and one for the place. Both lists of offsets are tables in memory, in bytes.
 *
 * Neighbouring places (of one output row, at stride 1) are neighbours in the image, and then whole vectors are moved. Offsets
 * in both tables ascend, so the first and the last of a vector tell whether all of it are neighbours.
 */

import {
  type Code,
  constant,
  type Func,
  i32,
  int,
  integers,
  type Local,
  least,
  loopWhile,
  type Module,
  range,
  set,
  step,
  times,
  upTo,
  V128,
  when,
} from "../engine/assembler.ts";
import { f32x4, i32x4, type Lanes, v128 } from "../engine/lanes.ts";
import { transposed } from "./transpose.ts";
import { overRow } from "./vectors.ts";

/** The table's entry i places on. */
const entry = (table: Code, i = 0): Code => i32.load(table, 4 * i);

/** Whether the lanes.count entries from here on are neighbours. */
const areNeighbours = (lanes: Lanes, table: Code): Code =>
  i32.equal(i32.sub(entry(table, lanes.count - 1), entry(table)), int(16 - lanes.bytes));

/** A vector of elements at base + each of lanes.count offsets. */
function gathered(lanes: Lanes, vector: Local, base: Code, offsets: readonly Code[]): Code {
  return offsets.map((offset, lane) => set(vector, lanes.loadLane(i32.add(base, offset), vector, lane)));
}

/**
 * Pack places as panels of R: panel[tap·R + r] = image[taps[tap] + places[r]]. Places that a last panel lacks repeat its last.
 * Where an output row ends within a vector, its two parts are two vectors of neighbours, one of which ends at the last place.
 * Parameters: places, taps, image, table of places, table of taps, target.
 */
export function definePackPlaces(module: Module, R: number): Func {
  const lanes = f32x4;
  const groups = R / lanes.count;
  return module.define(null, integers(6), (f, places, taps, image, placeTable, tapTable, target) => {
    const [place, tap, at, table] = f.many(4);
    const offsets = f.many(R);
    const flags = f.many(groups);
    const areBroken = f.many(groups);
    const areFirst = f.many(groups, V128);
    const vector = f.local(V128);
    const lineOf = (r: number) => least(i32.add(place, int(r)), i32.sub(places, int(1)));
    const group = (g: number): Code => {
      const own = offsets.slice(g * lanes.count, (g + 1) * lanes.count);
      const first = v128.load(i32.add(at, own[0]!));
      const last = v128.load(i32.sub(i32.add(at, own[3]!), int(12)));
      const joined = set(vector, v128.choose(areFirst[g]!, first, last));
      return [
        when(flags[g]!, set(vector, first), when(areBroken[g]!, joined, gathered(lanes, vector, at, own))),
        v128.store(target, vector, g * 16),
      ];
    };
    /** Which of a group's places follow its first one, and whether the others precede its last. */
    const split = (g: number): Code => {
      const entries = v128.load(table, g * 16);
      const from = (start: Local, lane: number) =>
        i32x4.equal(
          i32x4.sub(entries, i32x4.splat(start)),
          constant(Int32Array.of(0, 4, 8, 12).map((place) => place - 4 * lane)),
        );
      return [
        set(areFirst[g]!, from(offsets[g * 4]!, 0)),
        set(areBroken[g]!, i32x4.allTrue(v128.or(areFirst[g]!, from(offsets[g * 4 + 3]!, 3)))),
      ];
    };
    return range(
      place,
      int(0),
      places,
      int(R),
      offsets.map((offset, r) => set(offset, entry(i32.add(placeTable, i32.shl(lineOf(r), int(2)))))),
      set(table, i32.add(placeTable, i32.shl(place, int(2)))),
      flags.map((flag, g) => {
        const [first, last] = [offsets[g * lanes.count]!, offsets[(g + 1) * lanes.count - 1]!];
        const isWhole = i32.greaterEqual(i32.sub(places, place), int((g + 1) * lanes.count));
        return [split(g), set(flag, i32.and(isWhole, i32.equal(i32.sub(last, first), int(16 - lanes.bytes))))];
      }),
      set(table, tapTable),
      upTo(
        tap,
        taps,
        set(at, i32.add(image, entry(table))),
        flags.map((_, g) => group(g)),
        step(table, int(4)),
        step(target, int(R * lanes.bytes)),
      ),
    );
  });
}

/**
 * Pack taps as panels of R: panel[place·R + r] = image[taps[r] + places[place]]. Missing taps repeat the last.
 * Parameters: taps, places, image, table of taps, table of places, target.
 */
export function definePackTaps(module: Module, lanes: Lanes, R: number): Func {
  return module.define(null, integers(6), (f, taps, places, image, tapTable, placeTable, target) => {
    const [tap, left, at, table] = f.many(4);
    const offsets = f.many(R);
    const vector = f.local(V128);
    const rows = f.many(lanes.count, V128);
    const { prepare, columns } = transposed(f, lanes, rows);
    const groups = Array.from({ length: R / lanes.count }, (_, g) =>
      offsets.slice(g * lanes.count, (g + 1) * lanes.count),
    );
    const block = groups.map((own, g) => [
      own.map((offset, r) => set(rows[r]!, v128.load(i32.add(at, offset)))),
      prepare,
      columns.map((column, k) => v128.store(target, column, (k * R + g * lanes.count) * lanes.bytes)),
    ]);
    const single = groups.map((own, g) => [gathered(lanes, vector, at, own), v128.store(target, vector, g * 16)]);
    const lineOf = (r: number) => least(i32.add(tap, int(r)), i32.sub(taps, int(1)));
    const isBlock = i32.and(i32.greaterEqual(left, int(lanes.count)), areNeighbours(lanes, table));
    return range(
      tap,
      int(0),
      taps,
      int(R),
      offsets.map((offset, r) => set(offset, entry(i32.add(tapTable, i32.shl(lineOf(r), int(2)))))),
      set(table, placeTable),
      set(left, places),
      loopWhile(
        left,
        set(at, i32.add(image, entry(table))),
        when(
          isBlock,
          [block, step(left, int(-lanes.count)), step(table, int(4 * lanes.count)), step(target, int(R * 16))],
          [single, step(left, int(-1)), step(table, int(4)), step(target, int(R * lanes.bytes))],
        ),
      ),
    );
  });
}

/** Read one vector of places, or for fewer than lanes.count one place, and count `left` and the table on. */
function overPlaces(lanes: Lanes, table: Local, left: Local, whole: Code, one: Code): Code {
  return overRow(lanes, left, left, [whole, step(table, int(4 * lanes.count))], times(left, one, step(table, int(4))));
}

/** Set `vector` to the elements at `at` + the next entries of the table. */
function readPlaces(lanes: Lanes, vector: Local, at: Local, table: Local): Code {
  const offsets = Array.from({ length: lanes.count }, (_, lane) => entry(table, lane));
  return when(
    areNeighbours(lanes, table),
    set(vector, v128.load(i32.add(at, entry(table)))),
    gathered(lanes, vector, at, offsets),
  );
}

/** im2col: rows of patches, [taps, places]. Parameters: taps, places, image, table of taps, table of places, target. */
export function defineIm2col(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(6), (f, taps, places, image, tapTable, placeTable, target) => {
    const [left, at, table] = f.many(3);
    const vector = f.local(V128);
    return times(
      taps,
      set(at, i32.add(image, entry(tapTable))),
      set(table, placeTable),
      set(left, places),
      overPlaces(
        lanes,
        table,
        left,
        [readPlaces(lanes, vector, at, table), v128.store(target, vector), step(target, int(16))],
        [lanes.scalar.store(target, lanes.scalar.load(i32.add(at, entry(table)))), step(target, int(lanes.bytes))],
      ),
      step(tapTable, int(4)),
    );
  });
}

/** The transpose of im2col: every row of patches [taps, places] is added to the pixels it came from. Parameters: those of im2col. */
export function defineCol2im(module: Module, name: string, lanes: Lanes): Func {
  return module.define(name, integers(6), (f, taps, places, image, tapTable, placeTable, patches) => {
    const [left, at, table, pixel] = f.many(4);
    const { load, store, add } = lanes.scalar;
    const single = (lane: number): Code => [
      set(pixel, i32.add(at, entry(table, lane))),
      store(pixel, add(load(pixel), load(patches, lane * lanes.bytes))),
    ];
    const vector = [
      set(pixel, i32.add(at, entry(table))),
      v128.store(pixel, lanes.add(v128.load(pixel), v128.load(patches))),
    ];
    const singles = Array.from({ length: lanes.count }, (_, lane) => single(lane));
    return times(
      taps,
      set(at, i32.add(image, entry(tapTable))),
      set(table, placeTable),
      set(left, places),
      overPlaces(
        lanes,
        table,
        left,
        [when(areNeighbours(lanes, table), vector, singles), step(patches, int(16))],
        [single(0), step(patches, int(lanes.bytes))],
      ),
      step(tapTable, int(4)),
    );
  });
}
