/** Composite literals as they are written. */
import type { CompositeLit } from "./ast-expr.ts";
import { type Expr, NodeKind } from "./ast.ts";

/** The value that a literal gives a field by its name: `&Server{Addr: addr}`; null where it does not. */
export function fieldIn(lit: CompositeLit, name: string): Expr | null {
  for (const elt of lit.elts)
    if (elt.kind === NodeKind.KeyValueExpr && elt.key.kind === NodeKind.Ident && elt.key.name === name)
      return elt.value;
  return null;
}
