/**
 * Decisions that stand in the code for other linters: `//nolint:bodyclose` at a call, or on a line of its own above, says that
 * somebody has looked at this very question.
 */
import type { Node } from "../go/syntax/ast.ts";
import type { FileScope } from "../go/types/package.ts";

const decoder = new TextDecoder();

/** The line of `at`, or a comment line above it, names one of the linters (or none, which means all). */
export function isDecided(file: FileScope, at: Node, linters: readonly string[]): boolean {
  const { src } = file.file;
  const start = src.lastIndexOf(10, at.pos - 1) + 1;
  const newline = src.indexOf(10, at.end);
  const own = decoder.decode(src.subarray(start, newline < 0 ? src.length : newline));
  const above = start < 2 ? "" : decoder.decode(src.subarray(src.lastIndexOf(10, start - 2) + 1, start)).trim();
  return [own, above.startsWith("//") ? above : ""].some((line) => {
    const said = /\/\/\s*nolint(?::([\w,-]+))?/.exec(line);
    return (
      said !== null && (said[1] === undefined || said[1].split(",").some((l) => linters.includes(l) || l === "all"))
    );
  });
}
