/** Whether code speaks of a variable. */
import { type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";

/** An identifier below `root`, those in function literals included, denotes one of `objects`. */
export function mentions(root: Node, objects: ReadonlySet<unknown>): boolean {
  if (objects.size === 0) return false;
  let found = false;
  walk(root, (n) => {
    if (n.kind === NodeKind.Ident && n.obj !== null && objects.has(n.obj)) found = true;
    return !found;
  });
  return found;
}
