/** Where several functions find something: a field of a struct, or a variable of the package. */
import type { Expr } from "../../../go/syntax/ast.ts";
import { fieldOf, variable } from "../../../go/flow/facts.ts";
import type { Var } from "../../../go/types/object.ts";

export function keptIn(e: Expr): Var | null {
  const v = variable(e);
  return v?.isPackageLevel === true ? v : fieldOf(e);
}
