/** Statements, with the clauses of switches and selects. */
import type { CallExpr, Ident } from "./ast-expr.ts";
import { type Decl, type Expr, NodeKind, type Stmt } from "./ast.ts";
import type { Token } from "./token.ts";

/** Source that is no statement; the parser has reported it. */
export class BadStmt {
  readonly kind: NodeKind.BadStmt = NodeKind.BadStmt;
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

export class DeclStmt {
  readonly kind: NodeKind.DeclStmt = NodeKind.DeclStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly decl: Decl,
  ) {}
}

/** `implicit` where no `;` was written. */
export class EmptyStmt {
  readonly kind: NodeKind.EmptyStmt = NodeKind.EmptyStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly implicit: boolean,
  ) {}
}

export class LabeledStmt {
  readonly kind: NodeKind.LabeledStmt = NodeKind.LabeledStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly label: Ident,
    readonly colon: number,
    readonly stmt: Stmt,
  ) {}
}

export class ExprStmt {
  readonly kind: NodeKind.ExprStmt = NodeKind.ExprStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
  ) {}
}

export class SendStmt {
  readonly kind: NodeKind.SendStmt = NodeKind.SendStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly chan: Expr,
    readonly arrow: number,
    readonly value: Expr,
  ) {}
}

export class IncDecStmt {
  readonly kind: NodeKind.IncDecStmt = NodeKind.IncDecStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly tokPos: number,
    readonly tok: Token.Inc | Token.Dec,
  ) {}
}

export class AssignStmt {
  readonly kind: NodeKind.AssignStmt = NodeKind.AssignStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly lhs: Expr[],
    readonly tokPos: number,
    /** Assign, Define or a compound assignment. */
    readonly tok: Token,
    readonly rhs: Expr[],
  ) {}
}

/** `call` is a CallExpr in valid source; otherwise what stood there. */
export class GoStmt {
  readonly kind: NodeKind.GoStmt = NodeKind.GoStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly call: CallExpr,
  ) {}
}

export class DeferStmt {
  readonly kind: NodeKind.DeferStmt = NodeKind.DeferStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly call: CallExpr,
  ) {}
}

export class ReturnStmt {
  readonly kind: NodeKind.ReturnStmt = NodeKind.ReturnStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly results: Expr[],
  ) {}
}

/** `tok` is Break, Continue, Goto or Fallthrough. */
export class BranchStmt {
  readonly kind: NodeKind.BranchStmt = NodeKind.BranchStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly tok: Token,
    readonly label: Ident | null,
  ) {}
}

export class BlockStmt {
  readonly kind: NodeKind.BlockStmt = NodeKind.BlockStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly list: Stmt[],
    /** Position of `}`, or NoPos where it is missing. */
    readonly rbrace: number,
  ) {}
}

export class IfStmt {
  readonly kind: NodeKind.IfStmt = NodeKind.IfStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly init: Stmt | null,
    readonly cond: Expr,
    readonly body: BlockStmt,
    /** A BlockStmt, an IfStmt, or null. */
    readonly else_: Stmt | null,
  ) {}
}

/** `list` is null for `default`. `obj`: the implicit variable of a type switch with `x := …` (type layer). */
export class CaseClause {
  readonly kind: NodeKind.CaseClause = NodeKind.CaseClause;
  obj: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly list: Expr[] | null,
    readonly colon: number,
    readonly body: Stmt[],
  ) {}
}

export class SwitchStmt {
  readonly kind: NodeKind.SwitchStmt = NodeKind.SwitchStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly init: Stmt | null,
    readonly tag: Expr | null,
    readonly body: BlockStmt,
  ) {}
}

/** `assign` is `x := y.(type)` (AssignStmt) or `y.(type)` (ExprStmt). */
export class TypeSwitchStmt {
  readonly kind: NodeKind.TypeSwitchStmt = NodeKind.TypeSwitchStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly init: Stmt | null,
    readonly assign: Stmt,
    readonly body: BlockStmt,
  ) {}
}

/** `comm` is a send or receive statement; null for `default`. */
export class CommClause {
  readonly kind: NodeKind.CommClause = NodeKind.CommClause;
  constructor(
    readonly pos: number,
    public end: number,
    readonly comm: Stmt | null,
    readonly colon: number,
    readonly body: Stmt[],
  ) {}
}

export class SelectStmt {
  readonly kind: NodeKind.SelectStmt = NodeKind.SelectStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly body: BlockStmt,
  ) {}
}

export class ForStmt {
  readonly kind: NodeKind.ForStmt = NodeKind.ForStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly init: Stmt | null,
    readonly cond: Expr | null,
    readonly post: Stmt | null,
    readonly body: BlockStmt,
  ) {}
}

export class RangeStmt {
  readonly kind: NodeKind.RangeStmt = NodeKind.RangeStmt;
  constructor(
    readonly pos: number,
    public end: number,
    readonly key: Expr | null,
    readonly value: Expr | null,
    /** Illegal where there is no key, else Assign or Define. */
    readonly tok: Token,
    readonly tokPos: number,
    /** Position of `range`. */
    readonly range: number,
    readonly x: Expr,
    readonly body: BlockStmt,
  ) {}
}
