/** Where in a function the statements of a fix may stand. */
import { variable } from "../go/flow/facts.ts";
import type { BlockStmt, IfStmt } from "../go/syntax/ast-stmt.ts";
import { NodeKind, type Stmt } from "../go/syntax/ast.ts";
import { Token } from "../go/syntax/token.ts";
import { walk } from "../go/syntax/walk.ts";
import { calleeOf, unparen } from "../go/types/callee.ts";
import type { Var } from "../go/types/object.ts";

/** `if err != nil { … }`, and no more. */
export function isErrorCheck(s: Stmt, error: Var): s is IfStmt {
  if (s.kind !== NodeKind.IfStmt || s.else_ !== null || s.init !== null) return false;
  const cond = unparen(s.cond);
  return cond.kind === NodeKind.BinaryExpr && cond.op === Token.Neq && variable(cond.x) === error;
}

/** It ends with a return, a jump or the process. */
export function leaves(body: BlockStmt): boolean {
  const last = body.list.at(-1);
  if (last === undefined) return false;
  if (last.kind === NodeKind.ReturnStmt || last.kind === NodeKind.BranchStmt) return true;
  if (last.kind !== NodeKind.ExprStmt || last.x.kind !== NodeKind.CallExpr) return false;
  return ["panic", "Fatal", "Fatalf", "Exit"].includes(calleeOf(last.x).name);
}

export function insideLoop(body: BlockStmt, pos: number): boolean {
  let inside = false;
  walk(body, (n) => {
    if (pos < n.pos || pos >= n.end) return false;
    if ((n.kind === NodeKind.ForStmt || n.kind === NodeKind.RangeStmt) && pos >= n.body.pos) inside = true;
    return true;
  });
  return inside;
}

/** The statement list that contains `s`. */
export function listAround(body: BlockStmt, s: Stmt): readonly Stmt[] | null {
  let found: readonly Stmt[] | null = null;
  walk(body, (n) => {
    if (found !== null || s.pos < n.pos || s.pos >= n.end) return false;
    const list =
      n.kind === NodeKind.BlockStmt
        ? n.list
        : n.kind === NodeKind.CaseClause || n.kind === NodeKind.CommClause
          ? n.body
          : null;
    if (list?.includes(s) === true) found = list;
    return true;
  });
  return found;
}
