/** Types, struct fields and interface elements. */
import {
  BadExpr,
  BasicLit,
  BinaryExpr,
  Ellipsis,
  Ident,
  ParenExpr,
  SelectorExpr,
  StarExpr,
  UnaryExpr,
} from "./ast-expr.ts";
import {
  ArrayType,
  ChanDir,
  ChanType,
  Field,
  FieldList,
  FuncType,
  InterfaceType,
  MapType,
  StructType,
} from "./ast-type.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { Expr } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { packIndex, parseExpr, parseIdent } from "./parse-expr.ts";
import { parseParameterList, parseParameters, parseTypeParameters } from "./parse-params.ts";
import { Token } from "./token.ts";

export function parseType(p: Parser): Expr {
  const type = tryType(p);
  if (type !== null) {
    return type;
  }
  const { pos } = p;
  p.errorExpected(pos, "type");
  p.syncExpr();
  return new BadExpr(pos, p.pos);
}

/** A type if one begins here, else null with nothing consumed. */
export function tryType(p: Parser): Expr | null {
  switch (p.tok) {
    case Token.Ident:
    case Token.LBrack:
    case Token.Struct:
    case Token.Mul:
    case Token.Func:
    case Token.Interface:
    case Token.Map:
    case Token.Chan:
    case Token.Arrow:
    case Token.LParen: {
      const { pos } = p;
      const type = p.enter() ? parseTypeAt(p) : new BadExpr(pos, p.pos);
      p.nesting--;
      return type;
    }
    default:
      return null;
  }
}

function parseTypeAt(p: Parser): Expr {
  const { pos } = p;
  switch (p.tok) {
    case Token.Ident: {
      const type = parseTypeName(p);
      return p.is(Token.LBrack) ? parseTypeInstance(p, type) : type;
    }
    case Token.LBrack:
      p.next();
      return parseArrayType(p, pos, null);
    case Token.Struct:
      return parseStructType(p);
    case Token.Mul: {
      p.next();
      const base = parseType(p);
      return new StarExpr(pos, p.prevEnd, base);
    }
    case Token.Func:
      return parseFuncType(p);
    case Token.Interface:
      return parseInterfaceType(p);
    case Token.Map: {
      p.next();
      p.expect(Token.LBrack);
      const key = parseType(p);
      p.expect(Token.RBrack);
      const value = parseType(p);
      return new MapType(pos, p.prevEnd, key, value);
    }
    case Token.LParen: {
      p.next();
      const type = parseType(p);
      const rparen = p.expect(Token.RParen);
      return new ParenExpr(pos, rparen + 1, type);
    }
    default:
      return parseChanType(p);
  }
}

function parseChanType(p: Parser): Expr {
  const { pos } = p;
  let dir = ChanDir.Both;
  let arrow = NoPos;
  if (p.is(Token.Chan)) {
    p.next();
    if (p.is(Token.Arrow)) {
      arrow = p.pos;
      p.next();
      dir = ChanDir.Send;
    }
  } else {
    arrow = p.expect(Token.Arrow);
    p.expect(Token.Chan);
    dir = ChanDir.Recv;
  }
  const value = parseType(p);
  return new ChanType(pos, p.prevEnd, dir, arrow, value);
}

/** `T` or `pkg.T`. */
export function parseTypeName(p: Parser): Expr {
  return qualify(p, parseIdent(p));
}

function qualify(p: Parser, name: Ident): Expr {
  if (!p.is(Token.Period)) {
    return name;
  }
  p.next();
  const sel = parseIdent(p);
  return new SelectorExpr(name.pos, sel.end, name, sel);
}

/** A type name with optional type arguments; `name` is its first identifier where that is consumed already. */
export function parseQualifiedIdent(p: Parser, name: Ident | null): Expr {
  const type = qualify(p, name ?? parseIdent(p));
  return p.is(Token.LBrack) ? parseTypeInstance(p, type) : type;
}

function parseTypeInstance(p: Parser, type: Expr): Expr {
  const lbrack = p.expect(Token.LBrack);
  p.exprLevel++;
  const mark = p.depth;
  while (!p.is(Token.RBrack) && !p.is(Token.EOF)) {
    const before = p.pos;
    p.push(parseType(p));
    if (!p.atComma("type argument list", Token.RBrack)) {
      break;
    }
    if (!p.is(Token.Comma) && p.pos === before) {
      break;
    }
    p.passComma(before);
  }
  const args = p.list<Expr>(mark);
  p.exprLevel--;
  const rbrack = p.expectClosing(Token.RBrack, "type argument list");
  if (args.length === 0) {
    p.errorExpected(rbrack, "type argument list");
    args.push(new BadExpr(lbrack + 1, rbrack));
  }
  return packIndex(type, lbrack, args, rbrack);
}

/** After `[` at `lbrack`; `len` where the length is consumed already. */
export function parseArrayType(p: Parser, lbrack: number, len: Expr | null): ArrayType {
  if (len === null) {
    p.exprLevel++;
    if (p.is(Token.Ellipsis)) {
      len = new Ellipsis(p.pos, p.pos + 3, null);
      p.next();
    } else if (!p.is(Token.RBrack)) {
      len = parseExpr(p);
    }
    p.exprLevel--;
  }
  if (p.is(Token.Comma)) {
    p.error(p.pos, "unexpected comma; expecting ]");
    p.next();
  }
  p.expect(Token.RBrack);
  const elt = parseType(p);
  return new ArrayType(lbrack, p.prevEnd, len, elt);
}

/** `name` is a field or parameter name, or an embedded or unnamed generic type: the brackets that follow decide. */
export interface NameAndType {
  name: Ident | null;
  type: Expr | null;
  /** End of the type, where there is one. */
  end: number;
}

/**
 * At `[` after the name `x`: `x []E`, `x [P]E` (a name and an array type) or `x[P]`, `x[P, Q]` (an instantiated type).
 */
export function parseArrayFieldOrInstance(p: Parser, x: Ident): NameAndType {
  const lbrack = p.expect(Token.LBrack);
  let trailingComma = NoPos;
  const mark = p.depth;
  if (!p.is(Token.RBrack)) {
    p.exprLevel++;
    p.push(parseExpr(p));
    while (p.is(Token.Comma)) {
      const comma = p.pos;
      p.next();
      if (p.is(Token.RBrack)) {
        trailingComma = comma;
        break;
      }
      p.push(parseExpr(p));
    }
    p.exprLevel--;
  }
  const args = p.list<Expr>(mark);
  const rbrack = p.expect(Token.RBrack);
  if (args.length === 0) {
    const elt = parseType(p);
    const end = p.prevEnd;
    return { name: x, type: new ArrayType(lbrack, end, null, elt), end };
  }
  if (args.length === 1) {
    const elt = tryType(p);
    if (elt !== null) {
      if (trailingComma !== NoPos) {
        p.error(trailingComma, "unexpected comma; expecting ]");
      }
      const end = p.prevEnd;
      return { name: x, type: new ArrayType(lbrack, end, args[0], elt), end };
    }
  }
  return { name: null, type: packIndex(x, lbrack, args, rbrack), end: rbrack + 1 };
}

function parseStructType(p: Parser): Expr {
  const { pos } = p;
  p.next();
  const lbrace = p.expect(Token.LBrace);
  const mark = p.depth;
  while (p.is(Token.Ident) || p.is(Token.Mul) || p.is(Token.LParen)) {
    const before = p.pos;
    p.push(parseFieldDecl(p));
    p.skipIfStuck(before);
  }
  const list = p.list<Field>(mark);
  const rbrace = p.expect(Token.RBrace);
  return new StructType(pos, rbrace + 1, new FieldList(lbrace, rbrace + 1, lbrace, list, rbrace));
}

function parseFieldDecl(p: Parser): Field {
  const doc = p.doc();
  const { pos } = p;
  let names: Ident[] = [];
  let type: Expr;
  if (p.is(Token.Ident)) {
    const name = parseIdent(p);
    switch (p.tok) {
      case Token.Period:
        type = parseQualifiedIdent(p, name);
        break;
      case Token.String:
      case Token.Semicolon:
      case Token.RBrace:
        type = name;
        break;
      case Token.LBrack: {
        const field = parseArrayFieldOrInstance(p, name);
        if (field.name !== null) {
          names = [name];
        }
        type = field.type ?? name;
        break;
      }
      default: {
        if (p.is(Token.Comma)) {
          const mark = p.depth;
          p.push(name);
          while (p.is(Token.Comma)) {
            p.next();
            p.push(parseIdent(p));
          }
          names = p.list<Ident>(mark);
        } else {
          names = [name];
        }
        type = parseType(p);
      }
    }
  } else {
    type = parseEmbedded(p);
  }
  let tag: BasicLit | null = null;
  let end = p.prevEnd;
  if (p.is(Token.String)) {
    tag = new BasicLit(p.pos, p.end, p.tok, p.lit);
    end = tag.end;
    p.next();
  }
  p.expectSemi();
  return new Field(names.length > 0 ? pos : type.pos, end, names, type, tag, doc);
}

/** `*T`, and the parenthesised forms that are errors. */
function parseEmbedded(p: Parser): Expr {
  const { pos } = p;
  let star = NoPos;
  let paren = false;
  if (p.is(Token.LParen)) {
    p.error(pos, "cannot parenthesize embedded type");
    paren = true;
    p.next();
  }
  if (p.is(Token.Mul)) {
    star = p.pos;
    p.next();
  }
  if (p.is(Token.LParen)) {
    p.error(p.pos, "cannot parenthesize embedded type");
    paren = true;
    p.next();
  }
  const type = parseQualifiedIdent(p, null);
  if (paren && p.is(Token.RParen)) {
    p.next();
  }
  return star === NoPos ? type : new StarExpr(star, type.end, type);
}

export function parseFuncType(p: Parser): FuncType {
  const pos = p.expect(Token.Func);
  if (p.is(Token.LBrack)) {
    const opening = p.pos;
    if (parseTypeParameters(p) !== null) {
      p.error(opening, "function type must have no type parameters");
    }
  }
  return finishSignature(p, pos, pos, null);
}

/** Parameters and results. `func` is NoPos for methods of interfaces. */
export function finishSignature(p: Parser, pos: number, func: number, typeParams: FieldList | null): FuncType {
  const params = parseParameters(p);
  const results = parseResults(p);
  return new FuncType(
    func === NoPos ? params.pos : pos,
    results === null ? params.end : results.end,
    func,
    typeParams,
    params,
    results,
  );
}

function parseResults(p: Parser): FieldList | null {
  if (p.is(Token.LParen)) {
    return parseParameters(p, true);
  }
  const { pos } = p;
  const type = tryType(p);
  if (type === null) {
    return null;
  }
  const end = p.prevEnd;
  return new FieldList(pos, end, NoPos, [new Field(pos, end, [], type, null, null)], NoPos);
}

function parseInterfaceType(p: Parser): Expr {
  const { pos } = p;
  p.next();
  const lbrace = p.expect(Token.LBrace);
  const mark = p.depth;
  for (;;) {
    const before = p.pos;
    if (p.is(Token.Ident)) {
      p.push(parseMethodSpec(p));
    } else if (p.is(Token.Tilde)) {
      p.push(embeddedField(p, parseEmbeddedElem(p, null)));
    } else {
      const type = tryType(p);
      if (type === null) {
        break;
      }
      p.push(embeddedField(p, parseEmbeddedElem(p, type)));
    }
    p.skipIfStuck(before);
  }
  const list = p.list<Field>(mark);
  const rbrace = p.expect(Token.RBrace);
  return new InterfaceType(pos, rbrace + 1, new FieldList(lbrace, rbrace + 1, lbrace, list, rbrace));
}

function embeddedField(p: Parser, type: Expr): Field {
  p.expectSemi();
  return new Field(type.pos, type.end, [], type, null, null);
}

/** A method, or an embedded element that begins with a name. */
function parseMethodSpec(p: Parser): Field {
  const doc = p.doc();
  const x = parseTypeName(p);
  let type: Expr = x;
  if (x.kind !== NodeKind.Ident) {
    if (p.is(Token.LBrack)) {
      type = parseTypeInstance(p, x);
    }
  } else if (p.is(Token.LParen)) {
    const signature = finishSignature(p, NoPos, NoPos, null);
    p.expectSemi();
    return new Field(x.pos, signature.end, [x], signature, null, doc);
  } else if (p.is(Token.LBrack)) {
    const lbrack = p.pos;
    p.next();
    p.exprLevel++;
    const first = parseExpr(p);
    p.exprLevel--;
    if (first.kind === NodeKind.Ident && !p.is(Token.Comma) && !p.is(Token.RBrack)) {
      // m[T any](…): methods of interfaces have no type parameters.
      parseParameterList(p, first, null, Token.RBrack, false);
      p.expect(Token.RBrack);
      p.error(lbrack, "interface method must have no type parameters");
      const signature = finishSignature(p, NoPos, NoPos, null);
      p.expectSemi();
      return new Field(x.pos, signature.end, [x], signature, null, doc);
    }
    const mark = p.depth;
    p.push(first);
    if (p.atComma("type argument list", Token.RBrack)) {
      p.exprLevel++;
      p.passComma(-1);
      while (!p.is(Token.RBrack) && !p.is(Token.EOF)) {
        const before = p.pos;
        p.push(parseType(p));
        if (!p.atComma("type argument list", Token.RBrack) || (!p.is(Token.Comma) && p.pos === before)) {
          break;
        }
        p.passComma(before);
      }
      p.exprLevel--;
    }
    const args = p.list<Expr>(mark);
    const rbrack = p.expectClosing(Token.RBrack, "type argument list");
    type = packIndex(x, lbrack, args, rbrack);
  }
  type = parseEmbeddedElem(p, type);
  p.expectSemi();
  return new Field(type.pos, type.end, [], type, null, doc);
}

/** A union of terms; `x` is its first term where that is consumed already. */
export function parseEmbeddedElem(p: Parser, x: Expr | null): Expr {
  let union = x ?? parseEmbeddedTerm(p);
  while (p.is(Token.Or)) {
    const opPos = p.pos;
    p.next();
    const term = parseEmbeddedTerm(p);
    union = new BinaryExpr(union.pos, term.end, union, opPos, Token.Or, term);
  }
  return union;
}

function parseEmbeddedTerm(p: Parser): Expr {
  const { pos } = p;
  if (p.is(Token.Tilde)) {
    p.next();
    const type = parseType(p);
    return new UnaryExpr(pos, type.end, Token.Tilde, type);
  }
  const type = tryType(p);
  if (type !== null) {
    return type;
  }
  p.errorExpected(pos, "~ term or type");
  p.syncExpr();
  return new BadExpr(pos, p.pos);
}
