/** Comments that give a reason: the lines of comment right above or below a place. */
import type { Node } from "../go/syntax/ast.ts";
import type { FileScope } from "../go/types/package.ts";

const decoder = new TextDecoder();

/** The text of the comment lines that end on the line above `at`; "" where there are none. */
export function commentAbove({ file }: Pick<FileScope, "file">, at: Pick<Node, "pos">): string {
  const { src } = file;
  const lines: string[] = [];
  let end = src.lastIndexOf(10, at.pos - 1);
  while (end > 0) {
    const start = src.lastIndexOf(10, end - 1);
    const line = decoder.decode(src.subarray(start + 1, end)).trim();
    if (!line.startsWith("//")) break;
    lines.unshift(line.slice(2).trim());
    end = start;
  }
  return lines.join(" ");
}

/** The text of the comment lines that begin on the line below the end of `at`; "" where there are none. */
export function commentBelow({ file }: FileScope, at: Node): string {
  const { src } = file;
  const lines: string[] = [];
  let start = src.indexOf(10, at.end) + 1;
  while (start > 0 && start < src.length) {
    const end = src.indexOf(10, start);
    const line = decoder.decode(src.subarray(start, end < 0 ? src.length : end)).trim();
    if (!line.startsWith("//")) break;
    lines.push(line.slice(2).trim());
    start = end + 1;
  }
  return lines.join(" ");
}
