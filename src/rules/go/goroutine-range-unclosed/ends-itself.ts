/** Loops over a channel that end by something else than its end. */
import type { RangeStmt } from "../../../go/syntax/ast-stmt.ts";
import { type Node, NodeKind } from "../../../go/syntax/ast.ts";
import { Token } from "../../../go/syntax/token.ts";
import { walk } from "../../../go/syntax/walk.ts";

/** The loop has a way out of its own: return, break, goto, or a call that ends the goroutine. */
export function endsItself({ body }: RangeStmt): boolean {
  let ends = false;
  const visit = (root: Node, breaks: boolean): void => {
    walk(root, (n) => {
      if (n.kind === NodeKind.FuncLit) return false;
      if (n.kind === NodeKind.ReturnStmt) ends = true;
      else if (n.kind === NodeKind.BranchStmt)
        ends ||= n.tok === Token.Goto || (n.tok === Token.Break && (breaks || n.label !== null));
      else if (
        n !== root &&
        (n.kind === NodeKind.ForStmt ||
          n.kind === NodeKind.RangeStmt ||
          n.kind === NodeKind.SwitchStmt ||
          n.kind === NodeKind.SelectStmt ||
          n.kind === NodeKind.TypeSwitchStmt)
      ) {
        visit(n.body, false);
        return false;
      }
      return !ends;
    });
  };
  visit(body, true);
  return ends;
}
