/** Byte offsets to lines and columns. `//line` directives are ignored: positions are those of the bytes on disk. */
import type { File } from "./ast.ts";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes. */
  readonly column: number;
}

/** The line, from 1, that holds `offset`. */
export function lineOf(file: File, offset: number): number {
  const { lines } = file;
  let low = 0;
  let high = lines.length;
  while (high - low > 1) {
    const mid = (low + high) >>> 1;
    if (lines[mid] <= offset) {
      low = mid;
    } else {
      high = mid;
    }
  }
  return low + 1;
}

export function position(file: File, offset: number): Position {
  const line = lineOf(file, offset);
  return { line, column: offset - file.lines[line - 1] + 1 };
}
