/** A weight's gradient in pieces: sums over parts of the images and over channels, each made by one thread, added up at the end. */

import type { Operand } from "@kronograd/tensor";
import * as e from "@kronograd/tensor/expression";
import type { Kit } from "../../kit.ts";

/** Where part i of so many even parts of a size begins. */
export const cut = (i: number, parts: number, size: number) => Math.round((i * size) / parts);

/** What one thread sums of a weight's gradient. */
interface SumPiece {
  /** Which sum it adds to. */
  readonly part: number;
  /** Images: start … end − 1. */
  readonly start: number;
  readonly end: number;
  readonly group: number;
  /** Channels of the group: `count` from `first` on. */
  readonly first: number;
  readonly count: number;
}

/**
 * How to cut sums over images into pieces: by parts of the images, each with a sum of its own, and where there are more threads
 * than parts, by channels. The parts are the same for any number of threads, so the bits are.
 *
 * @param terms  of each of so many sums: images times places
 */
export function sumPieces(n: number, terms: number, sums: number, channels: number, groups: number, ways: number) {
  // to add the parts must cost little beside the sums
  const isWorth = (count: number) => count <= n && terms * sums >= count * 2 ** 24;
  const parts = sums <= 2 ** 16 && isWorth(4) ? 4 : isWorth(2) ? 2 : 1;
  const slices = Math.min(channels, Math.ceil(ways / groups / parts));
  return {
    parts,
    pieces: parts * groups * slices,
    widest: Math.ceil(channels / slices),
    pieceAt(piece: number): SumPiece {
      const [part, slice] = [piece % parts, Math.floor(piece / parts) % slices];
      const first = cut(slice, slices, channels);
      return {
        part,
        start: cut(part, parts, n),
        end: cut(part + 1, parts, n),
        group: Math.floor(piece / parts / slices),
        first,
        count: cut(slice + 1, slices, channels) - first,
      };
    },
  };
}

const addition = [e.add(e.input(0), e.input(1))];

/** Add the other sums to the first. */
export function addUp(kit: Kit, [total, ...others]: readonly Operand[]): void {
  for (const other of others) kit.runExpressions(addition, [total!], [total!, other], {});
}
