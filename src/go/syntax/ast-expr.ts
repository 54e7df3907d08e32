/** Expressions. Types are expressions too, as in go/ast; those with syntax of their own are in ast-type.ts. */
import type { BlockStmt } from "./ast-stmt.ts";
import type { FuncType } from "./ast-type.ts";
import { type Expr, NodeKind } from "./ast.ts";
import type { Token } from "./token.ts";

/** Source that is no expression; the parser has reported it. */
export class BadExpr {
  readonly kind: NodeKind.BadExpr = NodeKind.BadExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

export class Ident {
  readonly kind: NodeKind.Ident = NodeKind.Ident;
  mode = 0;
  tv: object | null = null;
  /** The object this identifier declares or denotes (type layer). */
  obj: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly name: string,
  ) {}
}

/** `...` in a parameter list (`...T`) or an array type (`[...]T`, where `elt` is null). */
export class Ellipsis {
  readonly kind: NodeKind.Ellipsis = NodeKind.Ellipsis;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly elt: Expr | null,
  ) {}
}

/** `tok` is Int, Float, Imag, Char or String; `value` is the literal as written, quotes and all. */
export class BasicLit {
  readonly kind: NodeKind.BasicLit = NodeKind.BasicLit;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly tok: Token,
    readonly value: string,
  ) {}
}

export class FuncLit {
  readonly kind: NodeKind.FuncLit = NodeKind.FuncLit;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly type: FuncType,
    readonly body: BlockStmt,
  ) {}
}

export class CompositeLit {
  readonly kind: NodeKind.CompositeLit = NodeKind.CompositeLit;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    /** Null where elided: `[]T{{…}}`. */
    readonly type: Expr | null,
    readonly lbrace: number,
    readonly elts: Expr[],
    readonly rbrace: number,
  ) {}
}

export class ParenExpr {
  readonly kind: NodeKind.ParenExpr = NodeKind.ParenExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
  ) {}
}

export class SelectorExpr {
  readonly kind: NodeKind.SelectorExpr = NodeKind.SelectorExpr;
  mode = 0;
  tv: object | null = null;
  /** For x.f where x is a value or a type: how f was found (type layer). Null for qualified identifiers. */
  selection: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly sel: Ident,
  ) {}
}

/** `x[index]`, or an instantiation with one type argument. */
export class IndexExpr {
  readonly kind: NodeKind.IndexExpr = NodeKind.IndexExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly index: Expr,
    readonly rbrack: number,
  ) {}
}

/** An instantiation with two or more type arguments. */
export class IndexListExpr {
  readonly kind: NodeKind.IndexListExpr = NodeKind.IndexListExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly indices: Expr[],
    readonly rbrack: number,
  ) {}
}

export class SliceExpr {
  readonly kind: NodeKind.SliceExpr = NodeKind.SliceExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly low: Expr | null,
    readonly high: Expr | null,
    readonly max: Expr | null,
    /** Two colons were written. */
    readonly slice3: boolean,
    readonly rbrack: number,
  ) {}
}

/** `x.(type_)`; `type` is null for `x.(type)`. */
export class TypeAssertExpr {
  readonly kind: NodeKind.TypeAssertExpr = NodeKind.TypeAssertExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly lparen: number,
    readonly type: Expr | null,
    readonly rparen: number,
  ) {}
}

export class CallExpr {
  readonly kind: NodeKind.CallExpr = NodeKind.CallExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly fun: Expr,
    readonly lparen: number,
    readonly args: Expr[],
    /** Position of `...` after the last argument, or NoPos. */
    readonly ellipsis: number,
    readonly rparen: number,
  ) {}
}

/** `*x`: a dereference or a pointer type. */
export class StarExpr {
  readonly kind: NodeKind.StarExpr = NodeKind.StarExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
  ) {}
}

/** `op` is + - ! ^ & <- or ~ (in constraints). */
export class UnaryExpr {
  readonly kind: NodeKind.UnaryExpr = NodeKind.UnaryExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly op: Token,
    readonly x: Expr,
  ) {}
}

export class BinaryExpr {
  readonly kind: NodeKind.BinaryExpr = NodeKind.BinaryExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly x: Expr,
    readonly opPos: number,
    readonly op: Token,
    readonly y: Expr,
  ) {}
}

export class KeyValueExpr {
  readonly kind: NodeKind.KeyValueExpr = NodeKind.KeyValueExpr;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly key: Expr,
    readonly colon: number,
    readonly value: Expr,
  ) {}
}
