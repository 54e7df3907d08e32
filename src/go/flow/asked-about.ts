/**
 * Calls that are told of the resource, and not of its error alone: `p.again(resp.StatusCode, err)` decides for what came, too, where something did.
 */
import type { Cfg } from "../cfg/blocks.ts";
import { type Expr, NodeKind } from "../syntax/ast.ts";
import type { Var } from "../types/object.ts";
import { variable } from "./facts.ts";
import { mentions } from "./mentions.ts";
import { isDirect, type State } from "./state.ts";

export function asksAboutIt(e: Expr, { holds, error }: State, cfg: Cfg): boolean {
  if (e.kind !== NodeKind.CallExpr) return false;
  const direct = new Set([...holds].filter(([, hold]) => isDirect(hold)).map(([v]) => v));
  return e.args.some((arg) => variable(arg) !== error && (mentions(arg, direct) || isPart(arg, direct, cfg)));
}

/** A variable that is given something of it: `code = resp.StatusCode`. */
function isPart(e: Expr, direct: ReadonlySet<Var>, { blocks }: Cfg): boolean {
  const v = variable(e);
  if (v === null) return false;
  return blocks.some(({ nodes }) =>
    nodes.some(
      (n) =>
        n.kind === NodeKind.AssignStmt &&
        n.lhs.length === n.rhs.length &&
        n.lhs.some((place, i) => variable(place) === v && mentions(n.rhs[i], direct)),
    ),
  );
}
