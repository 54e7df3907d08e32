/**
 * The syntax tree of a Go file.
 *
 * The shape is that of Go's own `go/ast`, node for node and position for position, so that what is known of the one
 * holds for the other and an oracle can compare them. Positions are UTF-8 byte offsets into the file (`pos` first
 * byte, `end` one past the last); `NoPos` (-1) stands where a token is absent.
 *
 * Every node is an instance of one class with a numeric `kind`, so that V8 sees one hidden class per kind and
 * `switch (node.kind)` is a jump table:
 *
 *     resp, err := http.Get(url)
 *     └┬─┘  └┬┘    └─┬────┘└┬┘
 *     Ident Ident    │      Ident               AssignStmt{ lhs: [Ident, Ident], tok: Define,
 *                    SelectorExpr                           rhs: [CallExpr{ fun: SelectorExpr, args: [Ident] }] }
 *
 * Slots named `tv`, `mode`, `obj` and `selection` belong to the type layer (`go/types/record.ts` reads and writes
 * them); they are opaque here. Slots on the node beat side tables: one load instead of a hash, and they die with
 * the tree.
 */
import type { Token } from "./token.ts";

export const NoPos = -1;

export enum NodeKind {
  // Expressions: BadExpr … MapType (types are expressions, as in go/ast).
  BadExpr,
  Ident,
  Ellipsis,
  BasicLit,
  FuncLit,
  CompositeLit,
  ParenExpr,
  SelectorExpr,
  IndexExpr,
  IndexListExpr,
  SliceExpr,
  TypeAssertExpr,
  CallExpr,
  StarExpr,
  UnaryExpr,
  BinaryExpr,
  KeyValueExpr,
  ArrayType,
  ChanType,
  FuncType,
  InterfaceType,
  MapType,
  StructType,

  // Statements: BadStmt … TypeSwitchStmt.
  BadStmt,
  DeclStmt,
  EmptyStmt,
  LabeledStmt,
  ExprStmt,
  SendStmt,
  IncDecStmt,
  AssignStmt,
  GoStmt,
  DeferStmt,
  ReturnStmt,
  BranchStmt,
  BlockStmt,
  IfStmt,
  CaseClause,
  SwitchStmt,
  CommClause,
  SelectStmt,
  ForStmt,
  RangeStmt,
  TypeSwitchStmt,

  // Declarations and specifications.
  BadDecl,
  GenDecl,
  FuncDecl,
  ImportSpec,
  ValueSpec,
  TypeSpec,

  // The rest.
  Field,
  FieldList,
  Comment,
  CommentGroup,
  File,
}

export type Expr =
  | BadExpr
  | Ident
  | Ellipsis
  | BasicLit
  | FuncLit
  | CompositeLit
  | ParenExpr
  | SelectorExpr
  | IndexExpr
  | IndexListExpr
  | SliceExpr
  | TypeAssertExpr
  | CallExpr
  | StarExpr
  | UnaryExpr
  | BinaryExpr
  | KeyValueExpr
  | ArrayType
  | ChanType
  | FuncType
  | InterfaceType
  | MapType
  | StructType;

export type Stmt =
  | BadStmt
  | DeclStmt
  | EmptyStmt
  | LabeledStmt
  | ExprStmt
  | SendStmt
  | IncDecStmt
  | AssignStmt
  | GoStmt
  | DeferStmt
  | ReturnStmt
  | BranchStmt
  | BlockStmt
  | IfStmt
  | CaseClause
  | SwitchStmt
  | CommClause
  | SelectStmt
  | ForStmt
  | RangeStmt
  | TypeSwitchStmt;

export type Spec = ImportSpec | ValueSpec | TypeSpec;
export type Decl = BadDecl | GenDecl | FuncDecl;
export type Node = Expr | Stmt | Decl | Spec | Field | FieldList | Comment | CommentGroup | File;

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

/** `len` is null for a slice type and an Ellipsis for `[...]T`. */
export class ArrayType {
  readonly kind: NodeKind.ArrayType = NodeKind.ArrayType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly len: Expr | null,
    readonly elt: Expr,
  ) {}
}

export class StructType {
  readonly kind: NodeKind.StructType = NodeKind.StructType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly fields: FieldList,
  ) {}
}

/** `func` is NoPos where the keyword is absent (interface methods); then `pos` is that of the parameters. */
export class FuncType {
  readonly kind: NodeKind.FuncType = NodeKind.FuncType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly func: number,
    readonly typeParams: FieldList | null,
    readonly params: FieldList,
    readonly results: FieldList | null,
  ) {}
}

/** `methods` holds methods (a name, a FuncType) and embedded elements (no name). */
export class InterfaceType {
  readonly kind: NodeKind.InterfaceType = NodeKind.InterfaceType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly methods: FieldList,
  ) {}
}

export class MapType {
  readonly kind: NodeKind.MapType = NodeKind.MapType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly key: Expr,
    readonly value: Expr,
  ) {}
}

/** Channel directions as a bit set: what may be done with the channel. */
export enum ChanDir {
  Send = 1,
  Recv = 2,
  Both = 3,
}

export class ChanType {
  readonly kind: NodeKind.ChanType = NodeKind.ChanType;
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
    readonly dir: ChanDir,
    /** Position of `<-`, or NoPos. */
    readonly arrow: number,
    readonly value: Expr,
  ) {}
}

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

/** A line comment or one block comment; the text is read from the source when asked for. */
export class Comment {
  readonly kind: NodeKind.Comment = NodeKind.Comment;
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

/** Comments with nothing between them but white space on adjacent lines. */
export class CommentGroup {
  readonly kind: NodeKind.CommentGroup = NodeKind.CommentGroup;
  constructor(
    readonly pos: number,
    public end: number,
    readonly list: Comment[],
  ) {}
}

/** A field, method or parameter declaration: `a, b T "tag"`. `names` is empty for embedded and unnamed ones. */
export class Field {
  readonly kind: NodeKind.Field = NodeKind.Field;
  constructor(
    readonly pos: number,
    public end: number,
    readonly names: Ident[],
    readonly type: Expr,
    readonly tag: BasicLit | null,
    readonly doc: CommentGroup | null,
  ) {}
}

/** `opening` and `closing` are NoPos where there are no brackets (a single unparenthesised result). */
export class FieldList {
  readonly kind: NodeKind.FieldList = NodeKind.FieldList;
  constructor(
    readonly pos: number,
    public end: number,
    readonly opening: number,
    readonly list: Field[],
    readonly closing: number,
  ) {}
}

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

/** A syntax error: `pos` is a byte offset; `message` is worded as Go's own parser words it. */
export interface SyntaxProblem {
  readonly pos: number;
  readonly message: string;
}

/**
 * A parsed file. `src` holds its bytes for as long as the tree lives (comments and on-demand bodies read it).
 * `lines` are the offsets at which lines begin: line N starts at `lines[N - 1]`.
 */
export class File {
  readonly kind: NodeKind.File = NodeKind.File;
  constructor(
    readonly pos: number,
    public end: number,
    readonly path: string,
    readonly src: Uint8Array,
    readonly doc: CommentGroup | null,
    /** Position of `package`. */
    readonly packagePos: number,
    readonly name: Ident,
    readonly decls: Decl[],
    readonly imports: ImportSpec[],
    readonly comments: CommentGroup[],
    readonly lines: Uint32Array,
    readonly problems: SyntaxProblem[],
    /** All of its comments are in `comments`; where not, `commentsOf` has them. */
    public hasComments: boolean,
    /** A `// Code generated … DO NOT EDIT.` line stands before the package clause. */
    readonly generated: boolean,
    /** From a `//go:build go1.N` constraint: the file's own language version, as [1, N], or null. */
    readonly goVersion: GoVersion | null,
  ) {}
}

/** A language version: `go 1.23` is { major: 1, minor: 23 }. Patch and pre-release parts do not change the language. */
export interface GoVersion {
  readonly major: number;
  readonly minor: number;
}
