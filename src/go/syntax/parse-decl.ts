/** The package clause and declarations. */
import { BadDecl, FuncDecl, GenDecl, ImportSpec, TypeSpec, ValueSpec } from "./ast-decl.ts";
import { BasicLit, BinaryExpr, Ident, ParenExpr, StarExpr } from "./ast-expr.ts";
import { FieldList } from "./ast-type.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { BlockStmt } from "./ast-stmt.ts";
import type { CommentGroup, Decl, Expr, Spec } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseBinary, parseExprList, parseIdent, parseIdentList, parsePrimary } from "./parse-expr.ts";
import { parseParameterList, parseParameters, parseTypeParameters } from "./parse-params.ts";
import { finishSignature, parseArrayType, parseType, tryType } from "./parse-type.ts";
import { parseBlock } from "./parse-stmt.ts";
import { Token } from "./token.ts";

/** The package's name, or null where there is no package clause. */
export function parsePackageClause(p: Parser): Ident | null {
  if (!p.is(Token.Package)) {
    p.errorExpected(p.pos, "'package'");
    return null;
  }
  if (p.problems.length > 0) {
    return null;
  }
  p.next();
  if (!p.is(Token.Ident)) {
    p.errorExpected(p.pos, "'IDENT'");
    return null;
  }
  const name = parseIdent(p);
  p.expectSemi();
  return name;
}

/** Everything after the package clause. */
export function parseDecls(p: Parser): Decl[] {
  const decls: Decl[] = [];
  let importsOver = false;
  while (!p.is(Token.EOF)) {
    const before = p.pos;
    if (p.is(Token.Import)) {
      if (importsOver) {
        p.error(p.pos, "imports must appear before other declarations");
      }
    } else {
      importsOver = true;
    }
    decls.push(parseDecl(p));
    p.resume();
    p.skipIfStuck(before);
  }
  return decls;
}

function parseDecl(p: Parser): Decl {
  switch (p.tok) {
    case Token.Func:
      return parseFuncDecl(p);
    case Token.Import:
    case Token.Const:
    case Token.Type:
    case Token.Var:
      return parseGenDecl(p);
    default: {
      const { pos } = p;
      p.errorExpected(pos, "declaration");
      p.syncDecl();
      return new BadDecl(pos, p.pos);
    }
  }
}

/** `import`, `const`, `type` or `var` with one specification or a group of them. */
export function parseGenDecl(p: Parser): GenDecl {
  const doc = p.doc();
  const { pos, tok } = p;
  p.next();
  if (!p.is(Token.LParen)) {
    const spec = parseSpec(p, tok, null, 0);
    return new GenDecl(pos, spec.end, doc, tok, NoPos, [spec], NoPos);
  }
  const lparen = p.pos;
  p.next();
  const specs: Spec[] = [];
  // A declaration in the first column ends a group whose `)` is missing.
  p.openBodies++;
  while (!p.is(Token.RParen) && !p.is(Token.EOF)) {
    const before = p.pos;
    if (p.tok >= Token.Break && p.raiseBarrier("')'")) {
      break;
    }
    specs.push(parseSpec(p, tok, p.doc(), specs.length));
    p.skipIfStuck(before);
  }
  p.openBodies--;
  const rparen = p.expect(Token.RParen);
  p.expectSemi();
  return new GenDecl(pos, rparen + 1, doc, tok, lparen, specs, rparen);
}

function parseSpec(p: Parser, keyword: Token, doc: CommentGroup | null, iota: number): Spec {
  switch (keyword) {
    case Token.Import:
      return parseImportSpec(p, doc);
    case Token.Type:
      return parseTypeSpec(p, doc);
    default:
      return parseValueSpec(p, doc, keyword, iota);
  }
}

function parseImportSpec(p: Parser, doc: CommentGroup | null): ImportSpec {
  let name: Ident | null = null;
  if (p.is(Token.Ident)) {
    name = parseIdent(p);
  } else if (p.is(Token.Period)) {
    name = new Ident(p.pos, p.pos + 1, ".");
    p.next();
  }
  const { pos } = p;
  let { end } = p;
  let value = "";
  if (p.is(Token.String)) {
    value = p.lit;
    p.next();
  } else if (p.tok >= Token.Ident && p.tok <= Token.Char) {
    p.error(pos, "import path must be a string");
    p.next();
  } else {
    end = pos;
    p.error(pos, "missing import path");
    p.syncExpr();
  }
  p.expectSemi();
  const path = new BasicLit(pos, end, Token.String, value);
  const spec = new ImportSpec(name === null ? pos : name.pos, end, doc, name, path);
  p.imports.push(spec);
  return spec;
}

function parseValueSpec(p: Parser, doc: CommentGroup | null, keyword: Token, iota: number): ValueSpec {
  const names = parseIdentList(p);
  let type: Expr | null = null;
  let values: Expr[] = [];
  let { end } = names[names.length - 1];
  if (!p.is(Token.Assign)) {
    type = keyword === Token.Var ? parseType(p) : tryType(p);
    if (type !== null) {
      end = p.prevEnd;
    }
  }
  if (p.is(Token.Assign)) {
    p.next();
    values = parseExprList(p);
    end = p.prevEnd;
  }
  p.expectSemi();
  return new ValueSpec(names[0].pos, end, doc, names, type, values, iota);
}

function parseTypeSpec(p: Parser, doc: CommentGroup | null): TypeSpec {
  const name = parseIdent(p);
  let typeParams: FieldList | null = null;
  let assign = NoPos;
  let type: Expr | null = null;
  if (p.is(Token.LBrack)) {
    const lbrack = p.pos;
    p.next();
    if (p.is(Token.Ident)) {
      // `T[P any]`, `T[P *C]`, `T[N]int`, `T[a*b]int`: read an expression, then see whether it can be a parameter.
      // Only where `[` follows the name, as in `T[P []E]`, is that not an expression; lengths are never indexed.
      const start = p.pos;
      let x: Expr = parseIdent(p);
      if (!p.is(Token.LBrack)) {
        p.exprLevel++;
        x = parseBinary(p, start, parsePrimary(p, start, x), 1);
        p.exprLevel--;
      }
      const param = splitParam(x, p.is(Token.Comma));
      if (param !== null && (param.type !== null || !p.is(Token.RBrack))) {
        const list = parseParameterList(p, param.name, param.type, Token.RBrack, false);
        const rbrack = p.expect(Token.RBrack);
        typeParams = new FieldList(lbrack, rbrack + 1, lbrack, list, rbrack);
      } else {
        type = parseArrayType(p, lbrack, x);
      }
    } else {
      type = parseArrayType(p, lbrack, null);
    }
  }
  if (type === null) {
    if (p.is(Token.Assign)) {
      assign = p.pos;
      p.next();
    }
    type = parseType(p);
  }
  const end = p.prevEnd;
  p.expectSemi();
  return new TypeSpec(name.pos, end, doc, name, typeParams, assign, type);
}

interface Param {
  readonly name: Ident;
  readonly type: Expr | null;
}

/**
 * Splits the expression x into a parameter's name and constraint, if it can be read so and is no likelier an array
 * length: `P *C` (read as a product), `P (C)` (read as a call), `P *C|D`. `force` (a comma follows) rules the array out.
 */
function splitParam(x: Expr, force: boolean): Param | null {
  switch (x.kind) {
    case NodeKind.Ident:
      return { name: x, type: null };
    case NodeKind.BinaryExpr:
      if (x.op === Token.Mul) {
        if (x.x.kind === NodeKind.Ident && (force || isTypeElem(x.y))) {
          return { name: x.x, type: new StarExpr(x.opPos, x.y.end, x.y) };
        }
      } else if (x.op === Token.Or) {
        const left = splitParam(x.x, force || isTypeElem(x.y));
        if (left !== null && left.type !== null) {
          return { name: left.name, type: new BinaryExpr(left.type.pos, x.end, left.type, x.opPos, Token.Or, x.y) };
        }
      }
      return null;
    case NodeKind.CallExpr:
      if (x.fun.kind === NodeKind.Ident && x.args.length === 1 && x.ellipsis === NoPos) {
        if (force || isTypeElem(x.args[0])) {
          return { name: x.fun, type: new ParenExpr(x.lparen, x.rparen + 1, x.args[0]) };
        }
      }
      return null;
    default:
      return null;
  }
}

/** True where x can only be a type, false where it might be a value too. */
function isTypeElem(x: Expr): boolean {
  switch (x.kind) {
    case NodeKind.ArrayType:
    case NodeKind.StructType:
    case NodeKind.FuncType:
    case NodeKind.InterfaceType:
    case NodeKind.MapType:
    case NodeKind.ChanType:
      return true;
    case NodeKind.BinaryExpr:
      return isTypeElem(x.x) || isTypeElem(x.y);
    case NodeKind.UnaryExpr:
      return x.op === Token.Tilde;
    case NodeKind.ParenExpr:
      return isTypeElem(x.x);
    default:
      return false;
  }
}

function parseFuncDecl(p: Parser): FuncDecl {
  const doc = p.doc();
  const { pos } = p;
  p.next();
  const recv = p.is(Token.LParen) ? parseParameters(p) : null;
  const name = parseIdent(p);
  // Methods may have type parameters since Go 1.27; `gate.ts` tells where they may not.
  const typeParams = p.is(Token.LBrack) ? parseTypeParameters(p) : null;
  const type = finishSignature(p, pos, pos, typeParams);
  let body: BlockStmt | null = null;
  let bodyPos = NoPos;
  let { end } = type;
  let ended = false;
  if (p.is(Token.Semicolon)) {
    ended = true;
    p.next();
    if (p.is(Token.LBrace)) {
      p.error(p.pos, "unexpected semicolon or newline before {");
    }
  }
  if (p.is(Token.LBrace)) {
    if (p.skipBodies) {
      bodyPos = p.pos;
      end = p.skipBody();
    }
    if (bodyPos === NoPos || end < 0) {
      bodyPos = NoPos;
      body = parseBlock(p);
      ({ end } = body);
    }
    p.expectSemi();
  } else if (!ended) {
    p.expectSemi();
  }
  return new FuncDecl(pos, end, doc, recv, name, type, body, bodyPos);
}
