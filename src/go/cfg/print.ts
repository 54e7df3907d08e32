/** A graph as text, for people and for tests. */
import { NodeKind } from "../syntax/ast.ts";
import type { Node } from "../syntax/ast.ts";
import { EdgeKind } from "./blocks.ts";
import type { Cfg, Edge } from "./blocks.ts";

const decoder = new TextDecoder();
const WIDTH = 72;

/**
 * One paragraph per block, unreachable ones marked; blocks that hold nothing and are reached from nowhere are left out.
 *
 *     b0 entry
 *         err != nil
 *         → b3 if true: err != nil
 */
export function printCfg(cfg: Cfg, src: Uint8Array): string {
  const lines: string[] = [];
  for (const block of cfg.blocks) {
    if (block.preds.length === 0 && block.nodes.length === 0 && block !== cfg.entry) {
      continue;
    }
    lines.push(`b${block.id} ${block.name}${block.reachable || block.name === "unreachable" ? "" : " (unreachable)"}`);
    for (const node of block.nodes) {
      lines.push(`    ${describe(node, src)}`);
    }
    for (const edge of block.succs) {
      lines.push(`    → b${edge.to.id}${why(edge, src)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function why(edge: Edge, src: Uint8Array): string {
  const cond = edge.cond === null ? "" : text(edge.cond, src);
  switch (edge.kind) {
    case EdgeKind.Next:
      return "";
    case EdgeKind.True:
      return ` if true: ${cond}`;
    case EdgeKind.False:
      return ` if false: ${cond}`;
    case EdgeKind.Case:
      return ` case ${cond}`;
    case EdgeKind.NotCase:
      return ` not case ${cond}`;
    case EdgeKind.TypeCase:
      return ` type ${cond}`;
    case EdgeKind.NotTypeCase:
      return ` not type ${cond}`;
    case EdgeKind.Element:
      return " element";
    case EdgeKind.Done:
      return " done";
    case EdgeKind.Comm:
      return " chosen";
    case EdgeKind.Return:
      return " return";
    case EdgeKind.Panic:
      return " panic";
    case EdgeKind.Stop:
      return " stop";
    case EdgeKind.Recover:
      return " recover";
    default:
      return edge.kind satisfies never;
  }
}

function describe(node: Node, src: Uint8Array): string {
  switch (node.kind) {
    case NodeKind.RangeStmt: {
      const names = [node.key, node.value].filter((x) => x !== null).map((x) => text(x, src));
      return `${names.join(", ")} = element`;
    }
    case NodeKind.SelectStmt:
      return "select";
    default:
      return text(node, src);
  }
}

/** The node's source on one line, shortened. */
function text(node: Node, src: Uint8Array): string {
  const line = decoder.decode(src.subarray(node.pos, Math.min(node.end, node.pos + 4 * WIDTH))).replaceAll(/\s+/g, " ");
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line;
}
