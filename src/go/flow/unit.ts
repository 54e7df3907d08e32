/**
 * Units of analysis: every function, method and function literal of a package that has a body, with its control-flow
 * graph made on first use.
 */
import type { FuncDecl, ValueSpec } from "../syntax/ast-decl.ts";
import type { CallExpr, CompositeLit, FuncLit, Ident } from "../syntax/ast-expr.ts";
import type { AssignStmt, BlockStmt, DeferStmt, ForStmt, GoStmt, RangeStmt } from "../syntax/ast-stmt.ts";
import type { InterfaceType } from "../syntax/ast-type.ts";
import { type Expr, type Node, NodeKind } from "../syntax/ast.ts";
import { walk } from "../syntax/walk.ts";
import { buildCfg } from "../cfg/builder.ts";
import type { Cfg } from "../cfg/blocks.ts";
import type { Func } from "../types/object.ts";
import type { FileScope, Package } from "../types/package.ts";
import { constOf, typeOf } from "../types/record.ts";
import { type Signature, TypeKind } from "../types/type.ts";

/** Kinds of nodes that analyses look for in every function. */
export interface IndexedNodes {
  readonly [NodeKind.AssignStmt]: AssignStmt;
  readonly [NodeKind.CallExpr]: CallExpr;
  readonly [NodeKind.CompositeLit]: CompositeLit;
  readonly [NodeKind.DeferStmt]: DeferStmt;
  readonly [NodeKind.ForStmt]: ForStmt;
  readonly [NodeKind.GoStmt]: GoStmt;
  readonly [NodeKind.Ident]: Ident;
  readonly [NodeKind.InterfaceType]: InterfaceType;
  readonly [NodeKind.RangeStmt]: RangeStmt;
  readonly [NodeKind.ValueSpec]: ValueSpec;
}

const indexed: ReadonlySet<NodeKind> = new Set([
  NodeKind.AssignStmt,
  NodeKind.CallExpr,
  NodeKind.CompositeLit,
  NodeKind.DeferStmt,
  NodeKind.ForStmt,
  NodeKind.GoStmt,
  NodeKind.Ident,
  NodeKind.InterfaceType,
  NodeKind.RangeStmt,
  NodeKind.ValueSpec,
]);

export class FunctionUnit {
  private graph: Cfg | null = null;
  private index: Map<NodeKind, Node[]> | null = null;

  constructor(
    readonly file: FileScope,
    readonly node: FuncDecl | FuncLit,
    readonly body: BlockStmt,
    /** The function around a literal; null for declared functions and literals at package level. */
    readonly outer: FunctionUnit | null,
    /** `F`, `T.M`, `F.func1` (counted in source order as the compiler counts), `glob..func1`. */
    readonly name: string,
    private readonly neverReturns: (call: CallExpr) => boolean,
  ) {}

  /** The declared function or method; null for literals. */
  get func(): Func | null {
    return this.node.kind === NodeKind.FuncDecl ? (this.node.name.obj as Func | null) : null;
  }

  get signature(): Signature | null {
    if (this.node.kind === NodeKind.FuncDecl) return this.func?.signature() ?? null;
    const t = typeOf(this.node);
    return t.kind === TypeKind.Signature ? t : null;
  }

  get cfg(): Cfg {
    return (this.graph ??= buildCfg(this.node, { neverReturns: this.neverReturns, constant: constantCondition }));
  }

  /**
   * All nodes of a kind in this function, in source order, those of the literals in it excepted: they are units of their own. One walk finds
   * them for all analyses, which would otherwise walk over everything forty times.
   */
  nodes<K extends keyof IndexedNodes>(kind: K): readonly IndexedNodes[K][] {
    if (this.index === null) {
      const index = new Map<NodeKind, Node[]>();
      walk(this.body, (n) => {
        if (n.kind === NodeKind.FuncLit) return false;
        if (!indexed.has(n.kind)) return true;
        const list = index.get(n.kind);
        if (list === undefined) index.set(n.kind, [n]);
        else list.push(n);
        return true;
      });
      this.index = index;
    }
    return (this.index.get(kind) ?? none) as readonly IndexedNodes[K][];
  }

  /** The declared function around this unit, itself included. */
  get outermost(): FunctionUnit {
    return this.outer === null ? this : this.outer.outermost;
  }
}

const none: readonly Node[] = [];

/** `if debug { … }` with a constant: the branch not taken is no path. */
function constantCondition(cond: Expr): boolean | null {
  const value = constOf(cond);
  return typeof value === "boolean" ? value : null;
}

/** All units of a package in source order, enclosing ones first. */
export function unitsOf(pkg: Package, neverReturns: (call: CallExpr) => boolean): FunctionUnit[] {
  const units: FunctionUnit[] = [];
  for (const file of pkg.files) {
    let globals = 0;
    for (const decl of file.file.decls) {
      if (decl.kind === NodeKind.FuncDecl) {
        if (decl.body === null) continue;
        const unit = new FunctionUnit(file, decl, decl.body, null, declaredName(decl), neverReturns);
        units.push(unit);
        literals(units, file, decl.body, unit, neverReturns);
      } else {
        globals = literals(units, file, decl, null, neverReturns, globals);
      }
    }
  }
  return units;
}

function literals(
  units: FunctionUnit[],
  file: FileScope,
  root: Node,
  outer: FunctionUnit | null,
  neverReturns: (call: CallExpr) => boolean,
  first = 0,
): number {
  let count = first;
  walk(root, (n) => {
    if (n.kind !== NodeKind.FuncLit) return true;
    const name = outer === null ? `glob..func${++count}` : `${outer.name}.func${++count}`;
    const unit = new FunctionUnit(file, n, n.body, outer, name, neverReturns);
    units.push(unit);
    literals(units, file, n.body, unit, neverReturns);
    return false;
  });
  return count;
}

function declaredName(decl: FuncDecl): string {
  const recv = decl.recv?.list[0]?.type;
  if (recv === undefined) return decl.name.name;
  let t = recv;
  for (;;) {
    if (t.kind === NodeKind.StarExpr || t.kind === NodeKind.ParenExpr) t = t.x;
    else if (t.kind === NodeKind.IndexExpr || t.kind === NodeKind.IndexListExpr) t = t.x;
    else break;
  }
  return t.kind === NodeKind.Ident ? `${t.name}.${decl.name.name}` : decl.name.name;
}
