/**
 * Language-version gating: what a file uses that its module's `go` line (or its own `//go:build` line) does not allow.
 *
 * Apart from the parser, which reads the newest language always: a file that is too new for its go.mod still has a
 * tree. The list is the compiler's (cmd/compile/internal/types2, calls of verifyVersionf), as far as syntax shows it:
 *
 *     1.9   type aliases                                     1.18  type parameters, instantiation with two or more
 *     1.13  0b…, 0o…, 0x1p…, digits_separated                      arguments, unions and ~T in interfaces
 *     1.16  //go:embed                                       1.22  range over an integer literal
 *     1.23  generic aliases                                  1.26  new(expr)
 *                                                            1.27  methods with type parameters
 *
 * Left to the type layer, since only types tell: signed shift counts (1.13), overlapping embedded interfaces (1.14),
 * slice to array conversions (1.17, 1.20), unsafe's newer functions, `any` and `comparable` as predeclared names (1.18),
 * x[T] that is an instantiation (1.18), min, max and clear (1.21), inference from assignment (1.21), range over integer
 * variables (1.22) and over functions (1.23), loop variables per iteration (1.22, no error but a meaning).
 */
import { NodeKind, NoPos } from "./ast.ts";
import type { FuncDecl } from "./ast-decl.ts";
import type { BasicLit, CallExpr } from "./ast-expr.ts";
import type { Expr, File, GoVersion, Node, SyntaxProblem } from "./ast.ts";
import { directive } from "./comments.ts";
import { Token } from "./token.ts";
import { walk } from "./walk.ts";

export interface VersionProblem extends SyntaxProblem {
  /** The first version that allows it. */
  readonly since: GoVersion;
  /** Before that version Go's parser itself rejected it, not only its type checker. */
  readonly syntax: boolean;
}

/** True where `version` is at least 1.`minor`. */
export function allows(version: GoVersion, minor: number): boolean {
  return version.major > 1 || (version.major === 1 && version.minor >= minor);
}

/**
 * The version a file is compiled with: its own build line wins over the module's, but cannot go below 1.21
 * (cmd/compile/internal/types2/check.go, since Go 1.21).
 */
export function effectiveVersion(file: File, module: GoVersion): GoVersion {
  const own = file.goVersion;
  if (own === null) {
    return module;
  }
  return allows(own, 21) ? own : { major: 1, minor: 21 };
}

/** What `file` uses beyond the language of `module`, the version in its go.mod. In source order. */
export function versionProblems(file: File, module: GoVersion): VersionProblem[] {
  const version = effectiveVersion(file, module);
  if (allows(version, 27)) {
    return [];
  }
  const found: VersionProblem[] = [];
  const need = (minor: number, pos: number, what: string, syntax = false): void => {
    if (!allows(version, minor)) {
      const message = syntax ? what : `${what} requires go1.${minor} or later`;
      found.push({ pos, message, since: { major: 1, minor }, syntax });
    }
  };
  const newCalls: CallExpr[] = [];
  let newElsewhere = 0;
  // Nothing but methods with type parameters and new(expr) is newer than 1.23: most files of a module of today need no walk.
  if (allows(version, 23) && (allows(version, 26) || !mayCallNew(file))) {
    for (const decl of file.decls) if (decl.kind === NodeKind.FuncDecl) needOfFunc(decl, need);
    return found;
  }
  walk(file, (node: Node) => {
    switch (node.kind) {
      case NodeKind.FuncDecl:
        needOfFunc(node, need);
        return;
      case NodeKind.TypeSpec:
        if (node.assign !== NoPos) {
          if (node.typeParams !== null) {
            need(23, node.typeParams.pos, "generic type alias");
          } else {
            need(9, node.assign, "type alias");
          }
        } else if (node.typeParams !== null) {
          need(18, node.typeParams.pos, "type parameter");
        }
        return;
      case NodeKind.InterfaceType:
        for (const { names, type } of node.methods.list) {
          if (names.length === 0 && isElement(type)) {
            need(18, type.pos, "embedding interface element");
          }
        }
        return;
      case NodeKind.IndexListExpr:
        need(18, node.lbrack, "type instantiation");
        return;
      case NodeKind.BasicLit: {
        const form = newNumberForm(node);
        if (form !== "") {
          need(13, node.pos, form);
        }
        return;
      }
      case NodeKind.RangeStmt:
        if (node.x.kind === NodeKind.BasicLit && node.x.tok === Token.Int) {
          need(22, node.x.pos, `range over ${node.x.value}`);
        }
        return;
      case NodeKind.CallExpr:
        if (node.fun.kind === NodeKind.Ident && node.fun.name === "new") {
          newElsewhere--; // the walk meets this identifier below
          if (node.args.length === 1 && isValue(node.args[0])) {
            newCalls.push(node);
          }
        }
        return;
      case NodeKind.Ident:
        if (node.name === "new") {
          newElsewhere++;
        }
        return;
      default:
    }
  });
  // A file that names something of its own `new` may mean that.
  if (newElsewhere === 0) {
    for (const call of newCalls) {
      need(26, call.fun.pos, "new(expr)");
    }
  }
  if (!allows(version, 16)) {
    for (const group of file.comments) {
      for (const comment of group.list) {
        const d = directive(file.src, comment);
        if (d !== null && d.tool === "go" && d.name === "embed") {
          need(16, d.pos, "go:embed");
        }
      }
    }
  }
  return found.sort((a, b) => a.pos - b.pos);
}

type Need = (minor: number, pos: number, what: string, syntax?: boolean) => void;

function needOfFunc({ type: { typeParams }, recv }: FuncDecl, need: Need): void {
  if (typeParams === null) return;
  if (recv === null) need(18, typeParams.pos, "type parameter");
  else need(27, typeParams.pos, "method must have no type parameters", true);
}

/** `new` stands in the text with what may be the parenthesis of a call, or a comment before one. */
function mayCallNew({ src }: File): boolean {
  const text = Buffer.from(src.buffer, src.byteOffset, src.length);
  for (let at = text.indexOf("new"); at >= 0; at = text.indexOf("new", at + 3)) {
    let next = at + 3;
    while (text[next] === 0x20 || text[next] === 0x09) next++;
    if (text[next] === 0x28 || text[next] === 0x2f) return true;
  }
  return false;
}

/** A union, a ~T, or a type literal: what only a constraint may embed. */
function isElement(x: Expr): boolean {
  switch (x.kind) {
    case NodeKind.BinaryExpr:
    case NodeKind.UnaryExpr:
    case NodeKind.ArrayType:
    case NodeKind.MapType:
    case NodeKind.ChanType:
    case NodeKind.FuncType:
    case NodeKind.StructType:
    case NodeKind.StarExpr:
      return true;
    case NodeKind.ParenExpr:
      return isElement(x.x);
    default:
      return false;
  }
}

/** True for what can be no type: `new(1)`, `new(f())`. Names and indexed names may be either. */
function isValue(x: Expr): boolean {
  switch (x.kind) {
    case NodeKind.BasicLit:
    case NodeKind.CallExpr:
    case NodeKind.BinaryExpr:
    case NodeKind.UnaryExpr:
    case NodeKind.CompositeLit:
    case NodeKind.FuncLit:
    case NodeKind.SliceExpr:
    case NodeKind.TypeAssertExpr:
      return true;
    case NodeKind.ParenExpr:
      return isValue(x.x);
    default:
      return false;
  }
}

/** The name of a number form that Go 1.13 brought, or "". */
function newNumberForm(lit: BasicLit): string {
  const { value, tok } = lit;
  if (value.length <= 2 || tok < Token.Int || tok > Token.Imag) {
    return "";
  }
  if (value.includes("_")) {
    return "underscore in numeric literal";
  }
  if (value.charCodeAt(0) !== 48) {
    return "";
  }
  switch (value[1]) {
    case "b":
    case "B":
      return "binary literal";
    case "o":
    case "O":
      return "0o/0O-style octal literal";
    case "x":
    case "X":
      return tok === Token.Int ? "" : "hexadecimal floating-point literal";
    default:
      return "";
  }
}
