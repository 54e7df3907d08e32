/** Source text in messages: short, on one line. */
import type { Node } from "../go/syntax/ast.ts";
import type { FileScope } from "../go/types/package.ts";

const decoder = new TextDecoder();
const Longest = 60;

/** The source of a node with white space folded; long ones are cut at the end. */
export function exprText(file: FileScope, node: Node): string {
  const text = decoder.decode(file.file.src.subarray(node.pos, node.end)).replace(/\s+/g, " ");
  return text.length <= Longest ? text : `${text.slice(0, Longest - 1)}…`;
}
