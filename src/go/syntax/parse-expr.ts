/** Expressions, with Go's own decisions where type and expression syntax overlap. */
import {
  BadExpr,
  BasicLit,
  BinaryExpr,
  CallExpr,
  CompositeLit,
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
import { ChanDir, ChanType } from "./ast-type.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { Expr } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseFuncType, parseType, tryType } from "./parse-type.ts";
import { parseBlock } from "./parse-stmt.ts";
import { precedence, Token } from "./token.ts";

export function parseIdent(p: Parser): Ident {
  const { pos } = p;
  if (p.is(Token.Ident)) {
    const id = new Ident(pos, p.end, p.lit);
    p.next();
    return id;
  }
  p.errorExpected(pos, "'IDENT'");
  return new Ident(pos, pos, "_");
}

export function parseIdentList(p: Parser): Ident[] {
  const first = parseIdent(p);
  if (!p.is(Token.Comma)) {
    return [first];
  }
  const mark = p.depth;
  p.push(first);
  while (p.is(Token.Comma)) {
    p.next();
    p.push(parseIdent(p));
  }
  return p.list<Ident>(mark);
}

export function parseExpr(p: Parser): Expr {
  const { pos } = p;
  return parseBinary(p, pos, parseUnary(p), 1);
}

export function parseExprList(p: Parser): Expr[] {
  return finishExprList(p, parseExpr(p));
}

/** The rest of an expression list whose first element is `first`. */
export function finishExprList(p: Parser, first: Expr): Expr[] {
  if (!p.is(Token.Comma)) {
    return [first];
  }
  const mark = p.depth;
  p.push(first);
  while (p.is(Token.Comma)) {
    p.next();
    p.push(parseExpr(p));
  }
  return p.list<Expr>(mark);
}

/**
 * Operators of precedence `lowest` and higher after `x`, which begins at `pos`: a loop to the left, recursion only to
 * the right.
 */
export function parseBinary(p: Parser, pos: number, x: Expr, lowest: number): Expr {
  for (;;) {
    const op = p.tok;
    const level = precedence[op];
    if (level < lowest || level === 0) {
      return x;
    }
    const opPos = p.pos;
    p.next();
    const start = p.pos;
    let y = parseUnary(p);
    if (precedence[p.tok] > level) {
      y = parseBinary(p, start, y, level + 1);
    }
    x = new BinaryExpr(pos, p.prevEnd, x, opPos, op, y);
  }
}

export function parseUnary(p: Parser): Expr {
  const { pos, tok } = p;
  switch (tok) {
    case Token.Ident:
      return parsePrimary(p, pos, parseIdent(p));
    case Token.Add:
    case Token.Sub:
    case Token.Not:
    case Token.Xor:
    case Token.And:
    case Token.Tilde:
    case Token.Mul:
    case Token.Arrow: {
      if (!p.enter()) {
        p.nesting--;
        return new BadExpr(pos, p.pos);
      }
      p.next();
      const x = parseUnary(p);
      p.nesting--;
      if (tok === Token.Mul) {
        return new StarExpr(pos, p.prevEnd, x);
      }
      if (tok === Token.Arrow && x.kind === NodeKind.ChanType) {
        return receiveOnly(p, pos, x);
      }
      return new UnaryExpr(pos, p.prevEnd, tok, x);
    }
    default:
      return parsePrimary(p, pos, parseOperand(p));
  }
}

/**
 * `<-` before a channel type belongs to the type, and moves inwards: `<-chan<- T` was read as `<-(chan<- T)` and is
 * `<-chan (<-T)`, where T must then be a channel type itself.
 */
function receiveOnly(p: Parser, arrow: number, type: ChanType): Expr {
  if (type.dir === ChanDir.Recv) {
    p.errorExpected(type.arrow, "'chan'"); // <-(<-chan T)
    return type;
  }
  if (type.dir === ChanDir.Both) {
    return new ChanType(arrow, type.end, ChanDir.Recv, arrow, type.value);
  }
  let value = type.value;
  if (value.kind === NodeKind.ChanType) {
    value = receiveOnly(p, type.arrow, value);
  } else {
    p.errorExpected(type.arrow, "channel type");
  }
  return new ChanType(arrow, type.end, ChanDir.Recv, arrow, value);
}

/** An operand: a name, a literal, something in parentheses, or a type (of a literal or a conversion). */
function parseOperand(p: Parser): Expr {
  const { pos } = p;
  switch (p.tok) {
    case Token.Ident:
      return parseIdent(p);
    case Token.Int:
    case Token.Float:
    case Token.Imag:
    case Token.Char:
    case Token.String: {
      const x = new BasicLit(pos, p.end, p.tok, p.lit);
      p.next();
      return x;
    }
    case Token.LParen: {
      if (!p.enter()) {
        p.nesting--;
        return new BadExpr(pos, p.pos);
      }
      p.next();
      p.exprLevel++;
      const x = parseExpr(p);
      p.exprLevel--;
      p.nesting--;
      const rparen = p.expect(Token.RParen);
      return new ParenExpr(pos, rparen + 1, x);
    }
    case Token.Func:
      return parseFuncTypeOrLit(p);
    default: {
      const type = tryType(p);
      if (type !== null) {
        return type;
      }
      p.errorExpected(pos, "operand");
      p.syncExpr();
      return new BadExpr(pos, p.pos);
    }
  }
}

function parseFuncTypeOrLit(p: Parser): Expr {
  if (!p.enter()) {
    p.nesting--;
    return new BadExpr(p.pos, p.pos);
  }
  const type = parseFuncType(p);
  if (!p.is(Token.LBrace)) {
    p.nesting--;
    return type;
  }
  p.exprLevel++;
  const body = parseBlock(p);
  p.exprLevel--;
  p.nesting--;
  return new FuncLit(type.pos, body.end, type, body);
}

/** Selectors, calls, indices, type arguments and composite literals after `x`, which begins at `pos`, in a loop. */
export function parsePrimary(p: Parser, pos: number, x: Expr): Expr {
  for (;;) {
    switch (p.tok) {
      case Token.Period:
        x = parseSelectorOrAssertion(p, pos, x);
        break;
      case Token.LBrack:
        x = parseIndex(p, pos, x);
        break;
      case Token.LParen:
        x = parseCall(p, pos, x);
        break;
      case Token.LBrace: {
        let type = x;
        while (type.kind === NodeKind.ParenExpr) {
          type = type.x;
        }
        switch (type.kind) {
          case NodeKind.BadExpr:
          case NodeKind.Ident:
          case NodeKind.SelectorExpr:
          case NodeKind.IndexExpr:
          case NodeKind.IndexListExpr:
            if (p.exprLevel < 0) {
              return x;
            }
            break;
          case NodeKind.ArrayType:
          case NodeKind.StructType:
          case NodeKind.MapType:
            break;
          default:
            return x;
        }
        if (type !== x) {
          p.error(type.pos, "cannot parenthesize type in composite literal");
        }
        x = parseLiteralValue(p, pos, x);
        break;
      }
      default:
        return x;
    }
  }
}

function parseSelectorOrAssertion(p: Parser, start: number, x: Expr): Expr {
  p.next();
  if (p.is(Token.Ident)) {
    const sel = parseIdent(p);
    return new SelectorExpr(start, sel.end, x, sel);
  }
  const { pos } = p;
  if (p.is(Token.LParen)) {
    p.next();
    let type: Expr | null = null;
    if (p.is(Token.Type)) {
      p.next();
    } else {
      type = parseType(p);
    }
    const rparen = p.expect(Token.RParen);
    return new TypeAssertExpr(start, rparen + 1, x, pos, type, rparen);
  }
  p.errorExpected(pos, "selector or type assertion");
  if (!p.is(Token.RBrace) && !p.is(Token.Semicolon) && !p.is(Token.RParen)) {
    p.next();
  }
  return new SelectorExpr(start, pos, x, new Ident(pos, pos, "_"));
}

function parseCall(p: Parser, pos: number, fun: Expr): Expr {
  const lparen = p.pos;
  if (!p.enter()) {
    p.nesting--;
    return fun;
  }
  p.next();
  p.exprLevel++;
  let args: Expr[];
  let ellipsis = NoPos;
  if (p.is(Token.RParen)) {
    args = [];
  } else {
    const mark = p.depth;
    while (!p.is(Token.RParen) && !p.is(Token.EOF) && ellipsis === NoPos) {
      const before = p.pos;
      p.push(parseExpr(p));
      if (p.is(Token.Ellipsis)) {
        ellipsis = p.pos;
        p.next();
      }
      if (!p.atComma("argument list", Token.RParen)) {
        break;
      }
      if (cannotContinueList(p)) {
        break;
      }
      p.passComma(before);
    }
    args = p.list<Expr>(mark);
  }
  p.exprLevel--;
  p.nesting--;
  const rparen = p.expectClosing(Token.RParen, "argument list");
  return new CallExpr(pos, rparen + 1, fun, lparen, args, ellipsis, rparen);
}

/** Where a comma is missing in a list: true where the list has more likely ended than lost its comma. */
export function cannotContinueList(p: Parser): boolean {
  switch (p.tok) {
    case Token.Semicolon:
      return p.pos !== p.end;
    case Token.RParen:
    case Token.RBrack:
    case Token.RBrace:
    case Token.EOF:
    case Token.Colon:
    case Token.Assign:
    case Token.Define:
      return true;
    default:
      return p.tok >= Token.Break && !p.is(Token.Func) && !p.is(Token.Struct) && !p.is(Token.Map);
  }
}

function parseIndex(p: Parser, start: number, x: Expr): Expr {
  const lbrack = p.pos;
  if (!p.enter()) {
    p.nesting--;
    return x;
  }
  p.next();
  if (p.is(Token.RBrack)) {
    const { pos } = p;
    p.errorExpected(pos, "operand");
    p.next();
    p.nesting--;
    return new IndexExpr(start, pos + 1, x, lbrack, new BadExpr(pos, pos), pos);
  }
  p.exprLevel++;
  let low: Expr | null = null;
  if (!p.is(Token.Colon)) {
    // An index or a type argument: types are expressions here, so one parse serves both.
    low = parseExpr(p);
  }
  let result: Expr;
  if (p.is(Token.Colon)) {
    result = parseSlice(p, start, x, lbrack, low);
  } else if (p.is(Token.Comma)) {
    const mark = p.depth;
    p.push(low);
    while (p.is(Token.Comma)) {
      p.next();
      const tok: Token = p.tok;
      if (tok !== Token.RBrack && tok !== Token.EOF) {
        p.push(parseType(p));
      }
    }
    const args = p.list<Expr>(mark);
    p.exprLevel--;
    const rbrack = p.expect(Token.RBrack);
    result = packIndex(x, lbrack, args, rbrack);
  } else {
    p.exprLevel--;
    const rbrack = p.expect(Token.RBrack);
    result = new IndexExpr(start, rbrack + 1, x, lbrack, low ?? new BadExpr(lbrack, lbrack), rbrack);
  }
  p.nesting--;
  return result;
}

function parseSlice(p: Parser, start: number, x: Expr, lbrack: number, low: Expr | null): Expr {
  const colon1 = p.pos;
  let colon2 = NoPos;
  let high = parseBound(p);
  let max: Expr | null = null;
  const slice3 = p.is(Token.Colon);
  if (slice3) {
    colon2 = p.pos;
    max = parseBound(p);
  }
  p.exprLevel--;
  const rbrack = p.expect(Token.RBrack);
  if (slice3) {
    if (high === null) {
      p.error(colon1, "middle index required in 3-index slice");
      high = new BadExpr(colon1 + 1, colon2);
    }
    if (max === null) {
      p.error(colon2, "final index required in 3-index slice");
      max = new BadExpr(colon2 + 1, rbrack);
    }
  }
  return new SliceExpr(start, rbrack + 1, x, lbrack, low, high, max, slice3, rbrack);
}

/** `:` and what follows it, up to the next `:` or `]`. */
function parseBound(p: Parser): Expr | null {
  p.next();
  return !p.is(Token.Colon) && !p.is(Token.RBrack) && !p.is(Token.EOF) ? parseExpr(p) : null;
}

export function packIndex(x: Expr, lbrack: number, indices: Expr[], rbrack: number): Expr {
  return indices.length === 1
    ? new IndexExpr(x.pos, rbrack + 1, x, lbrack, indices[0], rbrack)
    : new IndexListExpr(x.pos, rbrack + 1, x, lbrack, indices, rbrack);
}

function parseElementValue(p: Parser): Expr {
  return p.is(Token.LBrace) ? parseLiteralValue(p, p.pos, null) : parseExpr(p);
}

/** `{ … }` of a composite literal that begins at `pos`. */
function parseLiteralValue(p: Parser, pos: number, type: Expr | null): Expr {
  const lbrace = p.pos;
  if (!p.enter()) {
    p.nesting--;
    return new BadExpr(pos, p.pos);
  }
  p.next();
  p.exprLevel++;
  let elts: Expr[];
  if (p.is(Token.RBrace)) {
    elts = [];
  } else {
    const mark = p.depth;
    while (!p.is(Token.RBrace) && !p.is(Token.EOF)) {
      const before = p.pos;
      let x = parseElementValue(p);
      if (p.is(Token.Colon)) {
        const colon = p.pos;
        p.next();
        const value = parseElementValue(p);
        x = new KeyValueExpr(before, p.prevEnd, x, colon, value);
      }
      p.push(x);
      if (!p.atComma("composite literal", Token.RBrace)) {
        break;
      }
      if (cannotContinueList(p)) {
        break;
      }
      p.passComma(before);
    }
    elts = p.list<Expr>(mark);
  }
  p.exprLevel--;
  p.nesting--;
  const rbrace = p.expectClosing(Token.RBrace, "composite literal");
  return new CompositeLit(pos, rbrace + 1, type, lbrace, elts, rbrace);
}
