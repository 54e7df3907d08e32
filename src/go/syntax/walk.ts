/**
 * Walking trees.
 *
 * `walk` recurses with one `switch` per node; below a fixed depth it goes on with a stack of its own, so that chains of
 * 100,000 operands or selectors (the parser builds them in loops) do not overflow V8's.
 */
import { NodeKind } from "./ast.ts";
import type { Ident } from "./ast-expr.ts";
import type { BlockStmt } from "./ast-stmt.ts";
import type { Field, FieldList, FuncType } from "./ast-type.ts";
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

function walkNames(names: readonly Ident[], visit: Visit): void {
  for (let i = 0; i < names.length; i++) {
    visit(names[i]);
  }
}

function walkOptional(node: Node | null, visit: Visit, depth: number): void {
  if (node !== null) {
    walkAt(node, visit, depth);
  }
}

function walkBlock(node: BlockStmt, visit: Visit, depth: number): void {
  if (visit(node) !== false) {
    walkList(node.list, visit, depth + 1);
  }
}

function walkFields(node: FieldList, visit: Visit, depth: number): void {
  if (visit(node) === false) {
    return;
  }
  const { list } = node;
  for (let i = 0; i < list.length; i++) {
    walkField(list[i], visit, depth + 1);
  }
}

function walkField(node: Field, visit: Visit, depth: number): void {
  if (visit(node) === false) {
    return;
  }
  walkNames(node.names, visit);
  walkAt(node.type, visit, depth + 1);
  if (node.tag !== null) {
    visit(node.tag);
  }
}

function walkFuncType(node: FuncType, visit: Visit, depth: number): void {
  if (visit(node) === false) {
    return;
  }
  if (node.typeParams !== null) {
    walkFields(node.typeParams, visit, depth + 1);
  }
  walkFields(node.params, visit, depth + 1);
  if (node.results !== null) {
    walkFields(node.results, visit, depth + 1);
  }
}

/**
 * Reading `kind` of a node of unknown class is the dear part (55 classes: V8 looks it up in a table), so children of
 * a known class are visited without it.
 */
function walkAt(node: Node, visit: Visit, depth: number): void {
  if (depth >= RECURSION) {
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
      visit(node.sel);
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
      walkList(node.list, visit, depth);
      return;
    case NodeKind.FieldList:
    case NodeKind.CommentGroup:
      walkList(node.list, visit, depth);
      return;
    case NodeKind.IfStmt:
      walkOptional(node.init, visit, depth);
      walkAt(node.cond, visit, depth);
      walkBlock(node.body, visit, depth);
      walkOptional(node.else_, visit, depth);
      return;
    case NodeKind.KeyValueExpr:
    case NodeKind.MapType:
      walkAt(node.key, visit, depth);
      walkAt(node.value, visit, depth);
      return;
    case NodeKind.CompositeLit:
      walkOptional(node.type, visit, depth);
      walkList(node.elts, visit, depth);
      return;
    case NodeKind.ReturnStmt:
      walkList(node.results, visit, depth);
      return;
    case NodeKind.Field:
      walkNames(node.names, visit);
      walkAt(node.type, visit, depth);
      walkOptional(node.tag, visit, depth);
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
      walkOptional(node.low, visit, depth);
      walkOptional(node.high, visit, depth);
      walkOptional(node.max, visit, depth);
      return;
    case NodeKind.TypeAssertExpr:
      walkAt(node.x, visit, depth);
      walkOptional(node.type, visit, depth);
      return;
    case NodeKind.FuncLit:
      walkFuncType(node.type, visit, depth);
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.FuncType:
      if (node.typeParams !== null) {
        walkFields(node.typeParams, visit, depth);
      }
      walkFields(node.params, visit, depth);
      if (node.results !== null) {
        walkFields(node.results, visit, depth);
      }
      return;
    case NodeKind.ArrayType:
      walkOptional(node.len, visit, depth);
      walkAt(node.elt, visit, depth);
      return;
    case NodeKind.Ellipsis:
      walkOptional(node.elt, visit, depth);
      return;
    case NodeKind.StructType:
      walkFields(node.fields, visit, depth);
      return;
    case NodeKind.InterfaceType:
      walkFields(node.methods, visit, depth);
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
      walkOptional(node.comm, visit, depth);
      walkList(node.body, visit, depth);
      return;
    case NodeKind.SwitchStmt:
      walkOptional(node.init, visit, depth);
      walkOptional(node.tag, visit, depth);
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.TypeSwitchStmt:
      walkOptional(node.init, visit, depth);
      walkAt(node.assign, visit, depth);
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.SelectStmt:
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.ForStmt:
      walkOptional(node.init, visit, depth);
      walkOptional(node.cond, visit, depth);
      walkOptional(node.post, visit, depth);
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.RangeStmt:
      walkOptional(node.key, visit, depth);
      walkOptional(node.value, visit, depth);
      walkAt(node.x, visit, depth);
      walkBlock(node.body, visit, depth);
      return;
    case NodeKind.LabeledStmt:
      visit(node.label);
      walkAt(node.stmt, visit, depth);
      return;
    case NodeKind.BranchStmt:
      if (node.label !== null) {
        visit(node.label);
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
      walkNames(node.names, visit);
      walkOptional(node.type, visit, depth);
      walkList(node.values, visit, depth);
      return;
    case NodeKind.TypeSpec:
      visit(node.name);
      if (node.typeParams !== null) {
        walkFields(node.typeParams, visit, depth);
      }
      walkAt(node.type, visit, depth);
      return;
    case NodeKind.ImportSpec:
      if (node.name !== null) {
        visit(node.name);
      }
      visit(node.path);
      return;
    case NodeKind.FuncDecl:
      if (node.recv !== null) {
        walkFields(node.recv, visit, depth);
      }
      visit(node.name);
      walkFuncType(node.type, visit, depth);
      if (node.body !== null) {
        walkBlock(node.body, visit, depth);
      }
      return;
    case NodeKind.File:
      visit(node.name);
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
