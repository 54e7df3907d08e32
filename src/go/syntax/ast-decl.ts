/** Declarations and specifications. */
import type { BasicLit, Ident } from "./ast-expr.ts";
import type { BlockStmt } from "./ast-stmt.ts";
import type { FieldList, FuncType } from "./ast-type.ts";
import { type CommentGroup, type Expr, NodeKind, type Spec } from "./ast.ts";
import type { Token } from "./token.ts";

export class BadDecl {
  readonly kind: NodeKind.BadDecl = NodeKind.BadDecl;
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

/** `import`, `const`, `type` or `var`, with or without parentheses. */
export class GenDecl {
  readonly kind: NodeKind.GenDecl = NodeKind.GenDecl;
  constructor(
    readonly pos: number,
    public end: number,
    readonly doc: CommentGroup | null,
    readonly tok: Token,
    readonly lparen: number,
    readonly specs: Spec[],
    readonly rparen: number,
  ) {}
}

/**
 * `body` is null for a declaration without one, and where the file was parsed with `skipBodies`; then `bodyPos` is
 * the offset of the skipped `{` (NoPos otherwise) and `parseBody` can read it later.
 */
export class FuncDecl {
  readonly kind: NodeKind.FuncDecl = NodeKind.FuncDecl;
  constructor(
    readonly pos: number,
    public end: number,
    readonly doc: CommentGroup | null,
    readonly recv: FieldList | null,
    readonly name: Ident,
    readonly type: FuncType,
    public body: BlockStmt | null,
    readonly bodyPos: number,
  ) {}
}

export class ImportSpec {
  readonly kind: NodeKind.ImportSpec = NodeKind.ImportSpec;
  /** The PkgName it declares (type layer). */
  obj: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly doc: CommentGroup | null,
    readonly name: Ident | null,
    readonly path: BasicLit,
  ) {}
}

/** One line of a `const` or `var` declaration. `iota` is its index in the group. */
export class ValueSpec {
  readonly kind: NodeKind.ValueSpec = NodeKind.ValueSpec;
  constructor(
    readonly pos: number,
    public end: number,
    readonly doc: CommentGroup | null,
    readonly names: Ident[],
    readonly type: Expr | null,
    readonly values: Expr[],
    readonly iota: number,
  ) {}
}

/** `assign` is the position of `=` in an alias declaration, NoPos otherwise. */
export class TypeSpec {
  readonly kind: NodeKind.TypeSpec = NodeKind.TypeSpec;
  constructor(
    readonly pos: number,
    public end: number,
    readonly doc: CommentGroup | null,
    readonly name: Ident,
    readonly typeParams: FieldList | null,
    readonly assign: number,
    readonly type: Expr,
  ) {}
}
