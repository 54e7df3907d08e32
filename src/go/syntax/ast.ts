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

/** What the type layer records of an expression: `mode` (0 = not visited) and `tv` (its type, or type and constant). */
abstract class ExprBase {
  mode = 0;
  tv: object | null = null;
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

/** Source that is no expression; the parser has reported it. */
export class BadExpr extends ExprBase {
  readonly kind: NodeKind.BadExpr = NodeKind.BadExpr;
}

export class Ident extends ExprBase {
  readonly kind: NodeKind.Ident = NodeKind.Ident;
  /** The object this identifier declares or denotes (type layer). */
  obj: object | null = null;
  constructor(
    pos: number,
    end: number,
    readonly name: string,
  ) {
    super(pos, end);
  }
}

/** `...` in a parameter list (`...T`) or an array type (`[...]T`, where `elt` is null). */
export class Ellipsis extends ExprBase {
  readonly kind: NodeKind.Ellipsis = NodeKind.Ellipsis;
  constructor(
    pos: number,
    end: number,
    readonly elt: Expr | null,
  ) {
    super(pos, end);
  }
}

/** `tok` is Int, Float, Imag, Char or String; `value` is the literal as written, quotes and all. */
export class BasicLit extends ExprBase {
  readonly kind: NodeKind.BasicLit = NodeKind.BasicLit;
  constructor(
    pos: number,
    end: number,
    readonly tok: Token,
    readonly value: string,
  ) {
    super(pos, end);
  }
}

export class FuncLit extends ExprBase {
  readonly kind: NodeKind.FuncLit = NodeKind.FuncLit;
  constructor(
    pos: number,
    end: number,
    readonly type: FuncType,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

export class CompositeLit extends ExprBase {
  readonly kind: NodeKind.CompositeLit = NodeKind.CompositeLit;
  constructor(
    pos: number,
    end: number,
    /** Null where elided: `[]T{{…}}`. */
    readonly type: Expr | null,
    readonly lbrace: number,
    readonly elts: Expr[],
    readonly rbrace: number,
  ) {
    super(pos, end);
  }
}

export class ParenExpr extends ExprBase {
  readonly kind: NodeKind.ParenExpr = NodeKind.ParenExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
  ) {
    super(pos, end);
  }
}

export class SelectorExpr extends ExprBase {
  readonly kind: NodeKind.SelectorExpr = NodeKind.SelectorExpr;
  /** For x.f where x is a value or a type: how f was found (type layer). Null for qualified identifiers. */
  selection: object | null = null;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly sel: Ident,
  ) {
    super(pos, end);
  }
}

/** `x[index]`, or an instantiation with one type argument. */
export class IndexExpr extends ExprBase {
  readonly kind: NodeKind.IndexExpr = NodeKind.IndexExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly index: Expr,
    readonly rbrack: number,
  ) {
    super(pos, end);
  }
}

/** An instantiation with two or more type arguments. */
export class IndexListExpr extends ExprBase {
  readonly kind: NodeKind.IndexListExpr = NodeKind.IndexListExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly indices: Expr[],
    readonly rbrack: number,
  ) {
    super(pos, end);
  }
}

export class SliceExpr extends ExprBase {
  readonly kind: NodeKind.SliceExpr = NodeKind.SliceExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly lbrack: number,
    readonly low: Expr | null,
    readonly high: Expr | null,
    readonly max: Expr | null,
    /** Two colons were written. */
    readonly slice3: boolean,
    readonly rbrack: number,
  ) {
    super(pos, end);
  }
}

/** `x.(type_)`; `type` is null for `x.(type)`. */
export class TypeAssertExpr extends ExprBase {
  readonly kind: NodeKind.TypeAssertExpr = NodeKind.TypeAssertExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly lparen: number,
    readonly type: Expr | null,
    readonly rparen: number,
  ) {
    super(pos, end);
  }
}

export class CallExpr extends ExprBase {
  readonly kind: NodeKind.CallExpr = NodeKind.CallExpr;
  constructor(
    pos: number,
    end: number,
    readonly fun: Expr,
    readonly lparen: number,
    readonly args: Expr[],
    /** Position of `...` after the last argument, or NoPos. */
    readonly ellipsis: number,
    readonly rparen: number,
  ) {
    super(pos, end);
  }
}

/** `*x`: a dereference or a pointer type. */
export class StarExpr extends ExprBase {
  readonly kind: NodeKind.StarExpr = NodeKind.StarExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
  ) {
    super(pos, end);
  }
}

/** `op` is + - ! ^ & <- or ~ (in constraints). */
export class UnaryExpr extends ExprBase {
  readonly kind: NodeKind.UnaryExpr = NodeKind.UnaryExpr;
  constructor(
    pos: number,
    end: number,
    readonly op: Token,
    readonly x: Expr,
  ) {
    super(pos, end);
  }
}

export class BinaryExpr extends ExprBase {
  readonly kind: NodeKind.BinaryExpr = NodeKind.BinaryExpr;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly opPos: number,
    readonly op: Token,
    readonly y: Expr,
  ) {
    super(pos, end);
  }
}

export class KeyValueExpr extends ExprBase {
  readonly kind: NodeKind.KeyValueExpr = NodeKind.KeyValueExpr;
  constructor(
    pos: number,
    end: number,
    readonly key: Expr,
    readonly colon: number,
    readonly value: Expr,
  ) {
    super(pos, end);
  }
}

/** `len` is null for a slice type and an Ellipsis for `[...]T`. */
export class ArrayType extends ExprBase {
  readonly kind: NodeKind.ArrayType = NodeKind.ArrayType;
  constructor(
    pos: number,
    end: number,
    readonly len: Expr | null,
    readonly elt: Expr,
  ) {
    super(pos, end);
  }
}

export class StructType extends ExprBase {
  readonly kind: NodeKind.StructType = NodeKind.StructType;
  constructor(
    pos: number,
    end: number,
    readonly fields: FieldList,
  ) {
    super(pos, end);
  }
}

/** `func` is NoPos where the keyword is absent (interface methods); then `pos` is that of the parameters. */
export class FuncType extends ExprBase {
  readonly kind: NodeKind.FuncType = NodeKind.FuncType;
  constructor(
    pos: number,
    end: number,
    readonly func: number,
    readonly typeParams: FieldList | null,
    readonly params: FieldList,
    readonly results: FieldList | null,
  ) {
    super(pos, end);
  }
}

/** `methods` holds methods (a name, a FuncType) and embedded elements (no name). */
export class InterfaceType extends ExprBase {
  readonly kind: NodeKind.InterfaceType = NodeKind.InterfaceType;
  constructor(
    pos: number,
    end: number,
    readonly methods: FieldList,
  ) {
    super(pos, end);
  }
}

export class MapType extends ExprBase {
  readonly kind: NodeKind.MapType = NodeKind.MapType;
  constructor(
    pos: number,
    end: number,
    readonly key: Expr,
    readonly value: Expr,
  ) {
    super(pos, end);
  }
}

/** Channel directions as a bit set: what may be done with the channel. */
export enum ChanDir {
  Send = 1,
  Recv = 2,
  Both = 3,
}

export class ChanType extends ExprBase {
  readonly kind: NodeKind.ChanType = NodeKind.ChanType;
  constructor(
    pos: number,
    end: number,
    readonly dir: ChanDir,
    /** Position of `<-`, or NoPos. */
    readonly arrow: number,
    readonly value: Expr,
  ) {
    super(pos, end);
  }
}

abstract class Positioned {
  constructor(
    readonly pos: number,
    public end: number,
  ) {}
}

/** Source that is no statement; the parser has reported it. */
export class BadStmt extends Positioned {
  readonly kind: NodeKind.BadStmt = NodeKind.BadStmt;
}

export class DeclStmt extends Positioned {
  readonly kind: NodeKind.DeclStmt = NodeKind.DeclStmt;
  constructor(
    pos: number,
    end: number,
    readonly decl: Decl,
  ) {
    super(pos, end);
  }
}

/** `implicit` where no `;` was written. */
export class EmptyStmt extends Positioned {
  readonly kind: NodeKind.EmptyStmt = NodeKind.EmptyStmt;
  constructor(
    pos: number,
    end: number,
    readonly implicit: boolean,
  ) {
    super(pos, end);
  }
}

export class LabeledStmt extends Positioned {
  readonly kind: NodeKind.LabeledStmt = NodeKind.LabeledStmt;
  constructor(
    pos: number,
    end: number,
    readonly label: Ident,
    readonly colon: number,
    readonly stmt: Stmt,
  ) {
    super(pos, end);
  }
}

export class ExprStmt extends Positioned {
  readonly kind: NodeKind.ExprStmt = NodeKind.ExprStmt;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
  ) {
    super(pos, end);
  }
}

export class SendStmt extends Positioned {
  readonly kind: NodeKind.SendStmt = NodeKind.SendStmt;
  constructor(
    pos: number,
    end: number,
    readonly chan: Expr,
    readonly arrow: number,
    readonly value: Expr,
  ) {
    super(pos, end);
  }
}

export class IncDecStmt extends Positioned {
  readonly kind: NodeKind.IncDecStmt = NodeKind.IncDecStmt;
  constructor(
    pos: number,
    end: number,
    readonly x: Expr,
    readonly tokPos: number,
    readonly tok: Token.Inc | Token.Dec,
  ) {
    super(pos, end);
  }
}

export class AssignStmt extends Positioned {
  readonly kind: NodeKind.AssignStmt = NodeKind.AssignStmt;
  constructor(
    pos: number,
    end: number,
    readonly lhs: Expr[],
    readonly tokPos: number,
    /** Assign, Define or a compound assignment. */
    readonly tok: Token,
    readonly rhs: Expr[],
  ) {
    super(pos, end);
  }
}

/** `call` is a CallExpr in valid source; otherwise what stood there. */
export class GoStmt extends Positioned {
  readonly kind: NodeKind.GoStmt = NodeKind.GoStmt;
  constructor(
    pos: number,
    end: number,
    readonly call: CallExpr,
  ) {
    super(pos, end);
  }
}

export class DeferStmt extends Positioned {
  readonly kind: NodeKind.DeferStmt = NodeKind.DeferStmt;
  constructor(
    pos: number,
    end: number,
    readonly call: CallExpr,
  ) {
    super(pos, end);
  }
}

export class ReturnStmt extends Positioned {
  readonly kind: NodeKind.ReturnStmt = NodeKind.ReturnStmt;
  constructor(
    pos: number,
    end: number,
    readonly results: Expr[],
  ) {
    super(pos, end);
  }
}

/** `tok` is Break, Continue, Goto or Fallthrough. */
export class BranchStmt extends Positioned {
  readonly kind: NodeKind.BranchStmt = NodeKind.BranchStmt;
  constructor(
    pos: number,
    end: number,
    readonly tok: Token,
    readonly label: Ident | null,
  ) {
    super(pos, end);
  }
}

export class BlockStmt extends Positioned {
  readonly kind: NodeKind.BlockStmt = NodeKind.BlockStmt;
  constructor(
    pos: number,
    end: number,
    readonly list: Stmt[],
    /** Position of `}`, or NoPos where it is missing. */
    readonly rbrace: number,
  ) {
    super(pos, end);
  }
}

export class IfStmt extends Positioned {
  readonly kind: NodeKind.IfStmt = NodeKind.IfStmt;
  constructor(
    pos: number,
    end: number,
    readonly init: Stmt | null,
    readonly cond: Expr,
    readonly body: BlockStmt,
    /** A BlockStmt, an IfStmt, or null. */
    readonly else_: Stmt | null,
  ) {
    super(pos, end);
  }
}

/** `list` is null for `default`. `obj`: the implicit variable of a type switch with `x := …` (type layer). */
export class CaseClause extends Positioned {
  readonly kind: NodeKind.CaseClause = NodeKind.CaseClause;
  obj: object | null = null;
  constructor(
    pos: number,
    end: number,
    readonly list: Expr[] | null,
    readonly colon: number,
    readonly body: Stmt[],
  ) {
    super(pos, end);
  }
}

export class SwitchStmt extends Positioned {
  readonly kind: NodeKind.SwitchStmt = NodeKind.SwitchStmt;
  constructor(
    pos: number,
    end: number,
    readonly init: Stmt | null,
    readonly tag: Expr | null,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

/** `assign` is `x := y.(type)` (AssignStmt) or `y.(type)` (ExprStmt). */
export class TypeSwitchStmt extends Positioned {
  readonly kind: NodeKind.TypeSwitchStmt = NodeKind.TypeSwitchStmt;
  constructor(
    pos: number,
    end: number,
    readonly init: Stmt | null,
    readonly assign: Stmt,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

/** `comm` is a send or receive statement; null for `default`. */
export class CommClause extends Positioned {
  readonly kind: NodeKind.CommClause = NodeKind.CommClause;
  constructor(
    pos: number,
    end: number,
    readonly comm: Stmt | null,
    readonly colon: number,
    readonly body: Stmt[],
  ) {
    super(pos, end);
  }
}

export class SelectStmt extends Positioned {
  readonly kind: NodeKind.SelectStmt = NodeKind.SelectStmt;
  constructor(
    pos: number,
    end: number,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

export class ForStmt extends Positioned {
  readonly kind: NodeKind.ForStmt = NodeKind.ForStmt;
  constructor(
    pos: number,
    end: number,
    readonly init: Stmt | null,
    readonly cond: Expr | null,
    readonly post: Stmt | null,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

export class RangeStmt extends Positioned {
  readonly kind: NodeKind.RangeStmt = NodeKind.RangeStmt;
  constructor(
    pos: number,
    end: number,
    readonly key: Expr | null,
    readonly value: Expr | null,
    /** Illegal where there is no key, else Assign or Define. */
    readonly tok: Token,
    readonly tokPos: number,
    /** Position of `range`. */
    readonly range: number,
    readonly x: Expr,
    readonly body: BlockStmt,
  ) {
    super(pos, end);
  }
}

/** A line comment or one block comment; the text is read from the source when asked for. */
export class Comment extends Positioned {
  readonly kind: NodeKind.Comment = NodeKind.Comment;
}

/** Comments with nothing between them but white space on adjacent lines. */
export class CommentGroup extends Positioned {
  readonly kind: NodeKind.CommentGroup = NodeKind.CommentGroup;
  constructor(
    pos: number,
    end: number,
    readonly list: Comment[],
  ) {
    super(pos, end);
  }
}

/** A field, method or parameter declaration: `a, b T "tag"`. `names` is empty for embedded and unnamed ones. */
export class Field extends Positioned {
  readonly kind: NodeKind.Field = NodeKind.Field;
  constructor(
    pos: number,
    end: number,
    readonly names: Ident[],
    readonly type: Expr,
    readonly tag: BasicLit | null,
    readonly doc: CommentGroup | null,
  ) {
    super(pos, end);
  }
}

/** `opening` and `closing` are NoPos where there are no brackets (a single unparenthesised result). */
export class FieldList extends Positioned {
  readonly kind: NodeKind.FieldList = NodeKind.FieldList;
  constructor(
    pos: number,
    end: number,
    readonly opening: number,
    readonly list: Field[],
    readonly closing: number,
  ) {
    super(pos, end);
  }
}

export class BadDecl extends Positioned {
  readonly kind: NodeKind.BadDecl = NodeKind.BadDecl;
}

/** `import`, `const`, `type` or `var`, with or without parentheses. */
export class GenDecl extends Positioned {
  readonly kind: NodeKind.GenDecl = NodeKind.GenDecl;
  constructor(
    pos: number,
    end: number,
    readonly doc: CommentGroup | null,
    readonly tok: Token,
    readonly lparen: number,
    readonly specs: Spec[],
    readonly rparen: number,
  ) {
    super(pos, end);
  }
}

/**
 * `body` is null for a declaration without one, and where the file was parsed with `skipBodies`; then `bodyPos` is
 * the offset of the skipped `{` (NoPos otherwise) and `parseBody` can read it later.
 */
export class FuncDecl extends Positioned {
  readonly kind: NodeKind.FuncDecl = NodeKind.FuncDecl;
  constructor(
    pos: number,
    end: number,
    readonly doc: CommentGroup | null,
    readonly recv: FieldList | null,
    readonly name: Ident,
    readonly type: FuncType,
    public body: BlockStmt | null,
    readonly bodyPos: number,
  ) {
    super(pos, end);
  }
}

export class ImportSpec extends Positioned {
  readonly kind: NodeKind.ImportSpec = NodeKind.ImportSpec;
  /** The PkgName it declares (type layer). */
  obj: object | null = null;
  constructor(
    pos: number,
    end: number,
    readonly doc: CommentGroup | null,
    readonly name: Ident | null,
    readonly path: BasicLit,
  ) {
    super(pos, end);
  }
}

/** One line of a `const` or `var` declaration. `iota` is its index in the group. */
export class ValueSpec extends Positioned {
  readonly kind: NodeKind.ValueSpec = NodeKind.ValueSpec;
  constructor(
    pos: number,
    end: number,
    readonly doc: CommentGroup | null,
    readonly names: Ident[],
    readonly type: Expr | null,
    readonly values: Expr[],
    readonly iota: number,
  ) {
    super(pos, end);
  }
}

/** `assign` is the position of `=` in an alias declaration, NoPos otherwise. */
export class TypeSpec extends Positioned {
  readonly kind: NodeKind.TypeSpec = NodeKind.TypeSpec;
  constructor(
    pos: number,
    end: number,
    readonly doc: CommentGroup | null,
    readonly name: Ident,
    readonly typeParams: FieldList | null,
    readonly assign: number,
    readonly type: Expr,
  ) {
    super(pos, end);
  }
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
export class File extends Positioned {
  readonly kind: NodeKind.File = NodeKind.File;
  constructor(
    pos: number,
    end: number,
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
    /** A `// Code generated … DO NOT EDIT.` line stands before the package clause. */
    readonly generated: boolean,
    /** From a `//go:build go1.N` constraint: the file's own language version, as [1, N], or null. */
    readonly goVersion: GoVersion | null,
  ) {
    super(pos, end);
  }
}

/** A language version: `go 1.23` is { major: 1, minor: 23 }. Patch and pre-release parts do not change the language. */
export interface GoVersion {
  readonly major: number;
  readonly minor: number;
}
