/**
 * Walking trees.
 *
 * `walk` recurses with one `switch` per node; below a fixed depth it goes on with a stack of its own, so that chains of
 * 100,000 operands or selectors (the parser builds them in loops) do not overflow V8's.
 */
import { NodeKind } from "./ast.ts";
import type { Node } from "./ast.ts";

/** Called for each node before its children; returning false leaves the children out. */
export type Visit = (node: Node) => boolean | void;

/** Frames of `walkAt` take about 150 bytes; a caller that is deep itself still has room. */
const RECURSION = 500;

/** Visits `node` and everything below it, in source order as go/ast.Walk does. Comments are not visited: they are in `file.comments`. */
export function walk(node: Node, visit: Visit): void {
  walkAt(node, visit, 0);
}

function walkList(list: readonly Node[], visit: Visit, depth: number): void {
  for (let i = 0; i < list.length; i++) {
    walkAt(list[i], visit, depth);
  }
}

function walkAt(node: Node, visit: Visit, depth: number): void {
  if (depth === RECURSION) {
    walkDeep(node, visit);
    return;
  }
  if (visit(node) === false) {
    return;
  }
  depth++;
  switch (node.kind) {
    case NodeKind.Ident:
    case NodeKind.BasicLit:
    case NodeKind.BadExpr:
    case NodeKind.BadStmt:
    case NodeKind.BadDecl:
    case NodeKind.EmptyStmt:
    case NodeKind.Comment:
      return;
    case NodeKind.SelectorExpr:
      walkAt(node.x, visit, depth);
      walkAt(node.sel, visit, depth);
      return;
    case NodeKind.CallExpr:
      walkAt(node.fun, visit, depth);
      walkList(node.args, visit, depth);
      return;
    case NodeKind.ExprStmt:
    case NodeKind.ParenExpr:
    case NodeKind.StarExpr:
    case NodeKind.UnaryExpr:
    case NodeKind.IncDecStmt:
      walkAt(node.x, visit, depth);
      return;
    case NodeKind.BinaryExpr:
      walkAt(node.x, visit, depth);
      walkAt(node.y, visit, depth);
      return;
    case NodeKind.AssignStmt:
      walkList(node.lhs, visit, depth);
      walkList(node.rhs, visit, depth);
      return;
    case NodeKind.BlockStmt:
    case NodeKind.FieldList:
    case NodeKind.CommentGroup:
      walkList(node.list, visit, depth);
      return;
    case NodeKind.IfStmt:
      if (node.init !== null) {
        walkAt(node.init, visit, depth);
      }
      walkAt(node.cond, visit, depth);
      walkAt(node.body, visit, depth);
      if (node.else_ !== null) {
        walkAt(node.else_, visit, depth);
      }
      return;
    case NodeKind.KeyValueExpr:
    case NodeKind.MapType:
      walkAt(node.key, visit, depth);
      walkAt(node.value, visit, depth);
      return;
    case NodeKind.CompositeLit:
      if (node.type !== null) {
        walkAt(node.type, visit, depth);
      }
      walkList(node.elts, visit, depth);
      return;
    case NodeKind.ReturnStmt:
      walkList(node.results, visit, depth);
      return;
    case NodeKind.Field:
      walkList(node.names, visit, depth);
      walkAt(node.type, visit, depth);
      if (node.tag !== null) {
        walkAt(node.tag, visit, depth);
      }
      return;
    case NodeKind.IndexExpr:
      walkAt(node.x, visit, depth);
      walkAt(node.index, visit, depth);
      return;
    case NodeKind.IndexListExpr:
      walkAt(node.x, visit, depth);
      walkList(node.indices, visit, depth);
      return;
    case NodeKind.SliceExpr:
      walkAt(node.x, visit, depth);
      if (node.low !== null) {
        walkAt(node.low, visit, depth);
      }
      if (node.high !== null) {
        walkAt(node.high, visit, depth);
      }
      if (node.max !== null) {
        walkAt(node.max, visit, depth);
      }
      return;
    case NodeKind.TypeAssertExpr:
      walkAt(node.x, visit, depth);
      if (node.type !== null) {
        walkAt(node.type, visit, depth);
      }
      return;
    case NodeKind.FuncLit:
      walkAt(node.type, visit, depth);
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.FuncType:
      if (node.typeParams !== null) {
        walkAt(node.typeParams, visit, depth);
      }
      walkAt(node.params, visit, depth);
      if (node.results !== null) {
        walkAt(node.results, visit, depth);
      }
      return;
    case NodeKind.ArrayType:
      if (node.len !== null) {
        walkAt(node.len, visit, depth);
      }
      walkAt(node.elt, visit, depth);
      return;
    case NodeKind.Ellipsis:
      if (node.elt !== null) {
        walkAt(node.elt, visit, depth);
      }
      return;
    case NodeKind.StructType:
      walkAt(node.fields, visit, depth);
      return;
    case NodeKind.InterfaceType:
      walkAt(node.methods, visit, depth);
      return;
    case NodeKind.ChanType:
      walkAt(node.value, visit, depth);
      return;
    case NodeKind.CaseClause:
      if (node.list !== null) {
        walkList(node.list, visit, depth);
      }
      walkList(node.body, visit, depth);
      return;
    case NodeKind.CommClause:
      if (node.comm !== null) {
        walkAt(node.comm, visit, depth);
      }
      walkList(node.body, visit, depth);
      return;
    case NodeKind.SwitchStmt:
      if (node.init !== null) {
        walkAt(node.init, visit, depth);
      }
      if (node.tag !== null) {
        walkAt(node.tag, visit, depth);
      }
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.TypeSwitchStmt:
      if (node.init !== null) {
        walkAt(node.init, visit, depth);
      }
      walkAt(node.assign, visit, depth);
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.SelectStmt:
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.ForStmt:
      if (node.init !== null) {
        walkAt(node.init, visit, depth);
      }
      if (node.cond !== null) {
        walkAt(node.cond, visit, depth);
      }
      if (node.post !== null) {
        walkAt(node.post, visit, depth);
      }
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.RangeStmt:
      if (node.key !== null) {
        walkAt(node.key, visit, depth);
      }
      if (node.value !== null) {
        walkAt(node.value, visit, depth);
      }
      walkAt(node.x, visit, depth);
      walkAt(node.body, visit, depth);
      return;
    case NodeKind.LabeledStmt:
      walkAt(node.label, visit, depth);
      walkAt(node.stmt, visit, depth);
      return;
    case NodeKind.BranchStmt:
      if (node.label !== null) {
        walkAt(node.label, visit, depth);
      }
      return;
    case NodeKind.SendStmt:
      walkAt(node.chan, visit, depth);
      walkAt(node.value, visit, depth);
      return;
    case NodeKind.GoStmt:
    case NodeKind.DeferStmt:
      walkAt(node.call, visit, depth);
      return;
    case NodeKind.DeclStmt:
      walkAt(node.decl, visit, depth);
      return;
    case NodeKind.GenDecl:
      walkList(node.specs, visit, depth);
      return;
    case NodeKind.ValueSpec:
      walkList(node.names, visit, depth);
      if (node.type !== null) {
        walkAt(node.type, visit, depth);
      }
      walkList(node.values, visit, depth);
      return;
    case NodeKind.TypeSpec:
      walkAt(node.name, visit, depth);
      if (node.typeParams !== null) {
        walkAt(node.typeParams, visit, depth);
      }
      walkAt(node.type, visit, depth);
      return;
    case NodeKind.ImportSpec:
      if (node.name !== null) {
        walkAt(node.name, visit, depth);
      }
      walkAt(node.path, visit, depth);
      return;
    case NodeKind.FuncDecl:
      if (node.recv !== null) {
        walkAt(node.recv, visit, depth);
      }
      walkAt(node.name, visit, depth);
      walkAt(node.type, visit, depth);
      if (node.body !== null) {
        walkAt(node.body, visit, depth);
      }
      return;
    case NodeKind.File:
      walkAt(node.name, visit, depth);
      walkList(node.decls, visit, depth);
      return;
    default:
      return node satisfies never;
  }
}

/** The same order with a stack instead of recursion. */
function walkDeep(root: Node, visit: Visit): void {
  const stack: Node[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (visit(node) !== false) {
      const below = children(node);
      for (let i = below.length - 1; i >= 0; i--) {
        stack.push(below[i]);
      }
    }
  }
}

/** The nodes directly below `node`, in the order `walk` visits them. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  // One level of walkAt: the first visit is of the node itself, those after are of its children.
  let self = true;
  walkAt(
    node,
    (n) => {
      if (self) {
        self = false;
        return true;
      }
      found.push(n);
      return false;
    },
    0,
  );
  return found;
}

/**
 * Calls `enter` before and `leave` after the children of each node; `enter` returning false leaves the children out
 * (`leave` is called all the same).
 */
export function inspect(root: Node, enter: Visit, leave: (node: Node) => void): void {
  // A null on the stack marks where the node below it is left.
  const stack: (Node | null)[] = [root];
  while (stack.length > 0) {
    const node = stack.pop();
    if (node === undefined) {
      return;
    }
    if (node === null) {
      const left = stack.pop();
      if (left) {
        leave(left);
      }
      continue;
    }
    stack.push(node, null);
    if (enter(node) !== false) {
      const below = children(node);
      for (let i = below.length - 1; i >= 0; i--) {
        stack.push(below[i]);
      }
    }
  }
}
