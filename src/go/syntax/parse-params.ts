/**
 * Parameter lists: of functions in parentheses, of types in brackets.
 *
 * `(a, b int)` and `(A, B)` look alike until the end: entries are read as name, type, or both, and sorted out after
 * the closing bracket.
 */
import { BadExpr, Ellipsis, Ident } from "./ast-expr.ts";
import { Field, FieldList } from "./ast-type.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { Expr } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseIdent } from "./parse-expr.ts";
import { parseArrayFieldOrInstance, parseEmbeddedElem, parseQualifiedIdent, parseType } from "./parse-type.ts";
import type { NameAndType } from "./parse-type.ts";
import { Token } from "./token.ts";

/** `(…)`: the parameters of a function, or its results, where `...T` is not allowed. */
export function parseParameters(p: Parser, results = false): FieldList {
  const lparen = p.pos;
  if (!p.is(Token.LParen)) {
    p.errorExpected(lparen, "'('");
    return new FieldList(lparen, lparen, lparen, [], lparen);
  }
  p.next();
  const list = p.is(Token.RParen) ? [] : parseParameterList(p, null, null, Token.RParen, !results);
  const rparen = p.expect(Token.RParen);
  return new FieldList(lparen, rparen + 1, lparen, list, rparen);
}

/** `[…]`: type parameters; null (with a report) where there are none inside. */
export function parseTypeParameters(p: Parser): FieldList | null {
  const lbrack = p.expect(Token.LBrack);
  const list = p.is(Token.RBrack) ? [] : parseParameterList(p, null, null, Token.RBrack, false);
  const rbrack = p.expect(Token.RBrack);
  if (list.length === 0) {
    p.error(rbrack, "empty type parameter list");
    return null;
  }
  return new FieldList(lbrack, rbrack + 1, lbrack, list, rbrack);
}

function parseEllipsis(p: Parser): Ellipsis {
  const { pos } = p;
  p.next();
  const elt = parseType(p);
  return new Ellipsis(pos, elt.end, elt);
}

function param(p: Parser, name: Ident | null, type: Expr | null): NameAndType {
  return { name, type, end: p.prevEnd };
}

function parseParamDecl(p: Parser, name: Ident | null, typeSets: boolean): NameAndType {
  if (name === null) {
    switch (p.tok) {
      case Token.Ident:
        name = parseIdent(p);
        break;
      case Token.Tilde:
        if (typeSets) {
          return param(p, null, parseEmbeddedElem(p, null));
        }
        return badParam(p);
      case Token.Ellipsis:
        return param(p, null, parseEllipsis(p));
      case Token.Mul:
      case Token.Arrow:
      case Token.Func:
      case Token.LBrack:
      case Token.Chan:
      case Token.Map:
      case Token.Struct:
      case Token.Interface:
      case Token.LParen:
        return finishUnion(p, param(p, null, parseType(p)), typeSets);
      default:
        return badParam(p);
    }
  }
  switch (p.tok) {
    case Token.Ident:
    case Token.Mul:
    case Token.Arrow:
    case Token.Func:
    case Token.Chan:
    case Token.Map:
    case Token.Struct:
    case Token.Interface:
    case Token.LParen:
      return finishUnion(p, param(p, name, parseType(p)), typeSets);
    case Token.LBrack:
      return finishUnion(p, parseArrayFieldOrInstance(p, name), typeSets);
    case Token.Ellipsis:
      return param(p, name, parseEllipsis(p));
    case Token.Period:
      return finishUnion(p, param(p, null, parseQualifiedIdent(p, name)), typeSets);
    case Token.Tilde:
      return param(p, name, typeSets ? parseEmbeddedElem(p, null) : null);
    case Token.Or:
      return typeSets ? param(p, null, parseEmbeddedElem(p, name)) : param(p, name, null);
    default:
      return param(p, name, null);
  }
}

function badParam(p: Parser): NameAndType {
  p.errorExpected(p.pos, "')'");
  p.syncExpr();
  return param(p, null, null);
}

function finishUnion(p: Parser, param: NameAndType, typeSets: boolean): NameAndType {
  if (typeSets && p.is(Token.Or) && param.type !== null) {
    param.type = parseEmbeddedElem(p, param.type);
    param.end = p.prevEnd;
  }
  return param;
}

/**
 * The entries up to `closing`, which is left for the caller. `name0` and `type0` are what was consumed already of the
 * first entry. `variadic` allows `...T` at the end.
 */
export function parseParameterList(
  p: Parser,
  name0: Ident | null,
  type0: Expr | null,
  closing: Token.RParen | Token.RBrack,
  variadic: boolean,
): Field[] {
  const typeParams = closing === Token.RBrack;
  const start = name0 !== null ? name0.pos : type0 !== null ? type0.pos : p.pos;
  const list: NameAndType[] = [];
  let named = 0;
  let typed = 0;
  while (name0 !== null || (p.tok !== closing && !p.is(Token.EOF))) {
    const before = p.pos;
    const entry =
      type0 !== null
        ? param(p, name0, typeParams ? parseEmbeddedElem(p, type0) : type0)
        : parseParamDecl(p, name0, typeParams);
    name0 = null;
    type0 = null;
    if (entry.name !== null || entry.type !== null) {
      list.push(entry);
      if (entry.type !== null) {
        typed++;
        if (entry.name !== null) {
          named++;
        }
      }
    }
    if (!p.atComma("parameter list", closing)) {
      break;
    }
    if (!p.is(Token.Comma) && cannotContinueParams(p)) {
      break;
    }
    p.passComma(before);
  }
  if (list.length === 0) {
    return [];
  }
  if (named === 0) {
    return unnamedParams(p, list, typed, start, typeParams, variadic);
  }
  if (named !== list.length) {
    completeParams(p, list, named === typed, typeParams);
  }
  checkEllipsis(p, list, variadic);
  return groupParams(list);
}

function cannotContinueParams(p: Parser): boolean {
  switch (p.tok) {
    case Token.LBrace:
    case Token.RBrace:
    case Token.RParen:
    case Token.RBrack:
    case Token.Assign:
    case Token.Define:
      return true;
    case Token.Semicolon:
      return p.pos !== p.end;
    default:
      return false;
  }
}

function unnamedParams(
  p: Parser,
  list: NameAndType[],
  typed: number,
  start: number,
  typeParams: boolean,
  variadic: boolean,
): Field[] {
  for (const param of list) {
    if (param.type === null && param.name !== null) {
      param.type = param.name;
      param.end = param.name.end;
    }
    param.name = null;
  }
  if (typeParams) {
    if (typed === 0) {
      p.error(p.pos, "missing type constraint");
    } else {
      p.error(start, `missing type parameter name${list.length === 1 ? " or invalid array length" : ""}`);
    }
  }
  checkEllipsis(p, list, variadic);
  const fields: Field[] = [];
  for (const { type, end } of list) {
    if (type !== null) {
      fields.push(new Field(type.pos, end, [], type, null, null));
    }
  }
  return fields;
}

/** Some entries have a name and a type: then each needs a name, and takes the type of the next one that has one. */
function completeParams(p: Parser, list: NameAndType[], missingType: boolean, typeParams: boolean): void {
  let errorPos = NoPos;
  let type: Expr | null = null;
  let end = NoPos;
  for (let i = list.length - 1; i >= 0; i--) {
    const param = list[i];
    if (param.type !== null) {
      type = param.type;
      end = param.end;
      if (param.name === null) {
        errorPos = type.pos;
        param.name = new Ident(errorPos, errorPos, "_");
      }
    } else if (type !== null) {
      param.type = type;
      param.end = end;
    } else if (param.name !== null) {
      errorPos = param.name.pos;
      param.type = new BadExpr(errorPos, p.pos);
    }
  }
  if (errorPos === NoPos) {
    return;
  }
  if (missingType) {
    p.error(p.pos, typeParams ? "missing type constraint" : "missing parameter type");
  } else if (typeParams) {
    p.error(errorPos, `missing type parameter name${list.length === 1 ? " or invalid array length" : ""}`);
  } else {
    p.error(errorPos, "missing parameter name");
  }
}

function checkEllipsis(p: Parser, list: NameAndType[], variadic: boolean): void {
  let reported = false;
  for (let i = 0; i < list.length; i++) {
    const { type } = list[i];
    if (type !== null && type.kind === NodeKind.Ellipsis && (!variadic || i + 1 < list.length)) {
      if (!reported) {
        reported = true;
        p.error(type.pos, variadic ? "can only use ... with final parameter" : "invalid use of ...");
      }
      list[i].type = new BadExpr(type.pos, type.end);
    }
  }
}

/** Consecutive names that share one type (the same node) become one field. */
function groupParams(list: NameAndType[]): Field[] {
  const fields: Field[] = [];
  for (let i = 0; i < list.length;) {
    const { type, end } = list[i];
    const names: Ident[] = [];
    for (; i < list.length && list[i].type === type; i++) {
      const { name } = list[i];
      if (name !== null) {
        names.push(name);
      }
    }
    if (type !== null && names.length > 0) {
      fields.push(new Field(names[0].pos, end, names, type, null, null));
    }
  }
  return fields;
}
