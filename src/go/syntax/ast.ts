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
 * What is here is about all of them; the nodes themselves are in ast-expr.ts, ast-type.ts, ast-stmt.ts and ast-decl.ts, as the parser's
 * files are cut.
 *
 * Slots named `tv`, `mode`, `obj` and `selection` belong to the type layer (`go/types/record.ts` reads and writes
 * them); they are opaque here. Slots on the node beat side tables: one load instead of a hash, and they die with
 * the tree.
 */
import type { BadDecl, FuncDecl, GenDecl, ImportSpec, TypeSpec, ValueSpec } from "./ast-decl.ts";
import type {
  BadExpr,
  BasicLit,
  BinaryExpr,
  CallExpr,
  CompositeLit,
  Ellipsis,
  FuncLit,
  Ident,
  IndexExpr,
  IndexListExpr,
  KeyValueExpr,
  ParenExpr,
  SelectorExpr,
  SliceExpr,
  StarExpr,
  TypeAssertExpr,
  UnaryExpr,
} from "./ast-expr.ts";
import type {
  AssignStmt,
  BadStmt,
  BlockStmt,
  BranchStmt,
  CaseClause,
  CommClause,
  DeclStmt,
  DeferStmt,
  EmptyStmt,
  ExprStmt,
  ForStmt,
  GoStmt,
  IfStmt,
  IncDecStmt,
  LabeledStmt,
  RangeStmt,
  ReturnStmt,
  SelectStmt,
  SendStmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "./ast-stmt.ts";
import type {
  ArrayType,
  ChanType,
  Field,
  FieldList,
  FuncType,
  InterfaceType,
  MapType,
  StructType,
} from "./ast-type.ts";

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
