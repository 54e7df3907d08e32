/** Where several functions find something: a field of a struct, or a variable of the package. */
import { type Expr, NodeKind } from "../../../go/syntax/ast.ts";
import { variable } from "../../../go/flow/facts.ts";
import { unparen } from "../../../go/types/callee.ts";
import { ObjKind, type Var } from "../../../go/types/object.ts";
import { selectionOf } from "../../../go/types/record.ts";

export function keptIn(e: Expr): Var | null {
  const x = unparen(e);
  if (x.kind === NodeKind.SelectorExpr) {
    const obj = selectionOf(x)?.obj;
    return obj?.kind === ObjKind.Var && obj.isField ? obj.origin : null;
  }
  const v = variable(x);
  return v?.isPackageLevel === true ? v : null;
}
