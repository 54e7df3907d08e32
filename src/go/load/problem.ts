/** Something in the way of loading that the user should know of and that does not stop the rest. */
import type { FileSystem } from "./fs.ts";

export interface LoadProblem {
  /** Absolute file or folder. */
  readonly file: string;
  /** From 1; 0 where the problem is not at a line. */
  readonly line: number;
  /** From 1, in bytes; 0 where the problem is not at a column. */
  readonly column: number;
  readonly message: string;
}

/** Line and column of a byte offset, read again from disk: only problems pay. */
export function positionAt(fs: FileSystem, file: string, offset: number): { line: number; column: number } {
  let src;
  try {
    src = fs.read(file);
  } catch {
    return { line: 0, column: 0 };
  }
  let line = 1;
  let start = 0;
  for (let i = src.indexOf(10); i >= 0 && i < offset; i = src.indexOf(10, i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}
