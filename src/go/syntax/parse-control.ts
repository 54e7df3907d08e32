/** Control statements: if, for, switch, select. */
import { BadExpr } from "./ast-expr.ts";
import {
  AssignStmt,
  BadStmt,
  CaseClause,
  CommClause,
  ExprStmt,
  ForStmt,
  IfStmt,
  RangeStmt,
  SelectStmt,
  SendStmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "./ast-stmt.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { BlockStmt } from "./ast-stmt.ts";
import type { Expr, Stmt } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseExpr, parseExprList } from "./parse-expr.ts";
import { Allow, closeBlock, parseBlock, parseSimpleStmt, parseStmtList } from "./parse-stmt.ts";
import { Token } from "./token.ts";

/** The expression that a header's statement is, or an error. */
function asExpr(p: Parser, stmt: Stmt, want: string): Expr {
  if (stmt.kind === NodeKind.ExprStmt) {
    return stmt.x;
  }
  const found = stmt.kind === NodeKind.AssignStmt ? "assignment" : "simple statement";
  p.error(stmt.pos, `expected ${want}, found ${found} (missing parentheses around composite literal?)`);
  return new BadExpr(stmt.pos, stmt.end);
}

/** One `if` of a chain, with its parts in the order they were read. */
interface IfHead {
  readonly pos: number;
  readonly init: Stmt | null;
  readonly cond: Expr;
  readonly body: BlockStmt;
}

/** An if statement with all its `else if`s, in a loop: generated chains run to thousands. */
export function parseIf(p: Parser): Stmt {
  const heads: IfHead[] = [];
  let tail: Stmt | null = null;
  for (;;) {
    heads.push(parseIfHead(p));
    if (!p.is(Token.Else)) {
      p.expectSemi();
      break;
    }
    p.next();
    if (p.is(Token.If)) {
      continue;
    }
    if (p.is(Token.LBrace)) {
      tail = parseBlock(p);
      p.expectSemi();
    } else {
      p.errorExpected(p.pos, "if statement or block");
      tail = new BadStmt(p.pos, p.pos);
    }
    break;
  }
  for (let i = heads.length - 1; i >= 0; i--) {
    const { pos, init, cond, body } = heads[i];
    tail = new IfStmt(pos, tail === null ? body.end : tail.end, init, cond, body, tail);
  }
  return tail ?? new BadStmt(p.pos, p.pos);
}

function parseIfHead(p: Parser): IfHead {
  const { pos } = p;
  p.next();
  if (p.is(Token.LBrace)) {
    p.error(p.pos, "missing condition in if statement");
    const cond = new BadExpr(p.pos, p.pos);
    return { pos, init: null, cond, body: parseBlock(p) };
  }
  const level = p.exprLevel;
  p.exprLevel = -1;
  let init: Stmt | null = null;
  let cond: Expr | null = null;
  if (!p.is(Token.Semicolon)) {
    if (p.is(Token.Var)) {
      p.error(p.pos, "var declaration not allowed in if initializer");
      p.next();
    }
    init = parseSimpleStmt(p, Allow.Basic);
  }
  if (p.is(Token.LBrace)) {
    cond = init === null ? null : asExpr(p, init, "boolean expression");
    init = null;
  } else {
    const semi = p.pos;
    const newline = p.atNewline();
    p.expect(Token.Semicolon);
    if (!p.is(Token.LBrace)) {
      cond = newline && !p.is(Token.Ident) ? null : asExpr(p, parseSimpleStmt(p, Allow.Basic), "boolean expression");
    }
    if (cond === null) {
      p.error(semi, newline ? "unexpected newline, expecting { after if clause" : "missing condition in if statement");
    }
  }
  p.exprLevel = level;
  cond ??= new BadExpr(p.pos, p.pos);
  return { pos, init, cond, body: parseBlock(p) };
}

export function parseFor(p: Parser): Stmt {
  const { pos } = p;
  p.next();
  let init: Stmt | null = null;
  let cond: Stmt | null = null;
  let post: Stmt | null = null;
  let range = NoPos;
  let over: Expr | null = null;
  if (!p.is(Token.LBrace)) {
    const level = p.exprLevel;
    p.exprLevel = -1;
    if (p.is(Token.Range)) {
      range = p.pos;
      p.next();
      over = parseExpr(p);
    } else if (!p.is(Token.Semicolon)) {
      p.rangePos = NoPos;
      cond = parseSimpleStmt(p, Allow.Range);
      range = p.rangePos;
      p.rangePos = NoPos;
    }
    if (range === NoPos && p.is(Token.Semicolon)) {
      p.next();
      init = cond;
      cond = null;
      if (!p.is(Token.Semicolon)) {
        if (p.is(Token.LBrace)) {
          p.error(p.pos, "expected for loop condition");
        } else {
          cond = parseSimpleStmt(p, Allow.Basic);
        }
      }
      if (!p.is(Token.LBrace) || cond !== null) {
        p.expect(Token.Semicolon);
      }
      if (!p.is(Token.LBrace)) {
        post = parseSimpleStmt(p, Allow.Basic);
      }
    }
    p.exprLevel = level;
  }
  const body = parseBlock(p);
  p.expectSemi();
  if (range !== NoPos) {
    return finishRange(p, pos, cond, range, over, body);
  }
  const test = cond === null ? null : asExpr(p, cond, "boolean or range expression");
  return new ForStmt(pos, body.end, init, test, post, body);
}

function finishRange(
  p: Parser,
  pos: number,
  assign: Stmt | null,
  range: number,
  over: Expr | null,
  body: BlockStmt,
): Stmt {
  if (over !== null) {
    return new RangeStmt(pos, body.end, null, null, Token.Illegal, NoPos, range, over, body);
  }
  if (assign === null || assign.kind !== NodeKind.AssignStmt) {
    return new BadStmt(pos, body.end);
  }
  const { lhs } = assign;
  if (lhs.length > 2) {
    p.errorExpected(lhs[lhs.length - 1].pos, "at most 2 expressions");
    return new BadStmt(pos, body.end);
  }
  const value = lhs.length === 2 ? lhs[1] : null;
  return new RangeStmt(pos, body.end, lhs[0], value, assign.tok, assign.tokPos, range, assign.rhs[0], body);
}

function isTypeSwitchGuard(p: Parser, stmt: Stmt): boolean {
  if (stmt.kind === NodeKind.ExprStmt) {
    return stmt.x.kind === NodeKind.TypeAssertExpr && stmt.x.type === null;
  }
  if (stmt.kind !== NodeKind.AssignStmt || stmt.lhs.length !== 1 || stmt.rhs.length !== 1) {
    return false;
  }
  const x = stmt.rhs[0];
  if (x.kind !== NodeKind.TypeAssertExpr || x.type !== null) {
    return false;
  }
  if (stmt.tok === Token.Assign) {
    p.error(stmt.tokPos, "expected ':=', found '='");
    return true;
  }
  return stmt.tok === Token.Define;
}

export function parseSwitch(p: Parser): Stmt {
  const { pos } = p;
  p.next();
  let init: Stmt | null = null;
  let tag: Stmt | null = null;
  if (!p.is(Token.LBrace)) {
    const level = p.exprLevel;
    p.exprLevel = -1;
    if (!p.is(Token.Semicolon)) {
      tag = parseSimpleStmt(p, Allow.Basic);
    }
    if (p.is(Token.Semicolon)) {
      p.next();
      init = tag;
      tag = null;
      if (!p.is(Token.LBrace)) {
        tag = parseSimpleStmt(p, Allow.Basic);
      }
    }
    p.exprLevel = level;
  }
  const guard = tag !== null && isTypeSwitchGuard(p, tag);
  const body = parseClauses(p, parseCaseClause);
  if (guard && tag !== null) {
    return new TypeSwitchStmt(pos, body.end, init, tag, body);
  }
  return new SwitchStmt(pos, body.end, init, tag === null ? null : asExpr(p, tag, "switch expression"), body);
}

export function parseSelect(p: Parser): Stmt {
  const { pos } = p;
  p.next();
  const body = parseClauses(p, parseCommClause);
  return new SelectStmt(pos, body.end, body);
}

function parseClauses(p: Parser, parseClause: (p: Parser) => Stmt): BlockStmt {
  const lbrace = p.expect(Token.LBrace);
  p.openBodies++;
  const mark = p.depth;
  while (!p.is(Token.RBrace) && !p.is(Token.EOF)) {
    if (p.is(Token.Case) || p.is(Token.Default)) {
      p.push(parseClause(p));
    } else {
      p.errorExpected(p.pos, "'}'");
      const before = p.pos;
      p.syncStatement();
      p.skipIfStuck(before);
    }
  }
  const list = p.list<Stmt>(mark);
  p.openBodies--;
  const body = closeBlock(p, lbrace, list);
  p.expectSemi();
  return body;
}

function clauseEnd(colon: number, body: Stmt[]): number {
  return body.length > 0 ? body[body.length - 1].end : colon + 1;
}

function parseCaseClause(p: Parser): Stmt {
  const { pos } = p;
  let list: Expr[] | null = null;
  const isCase = p.is(Token.Case);
  p.next();
  if (isCase) {
    list = parseExprList(p);
  }
  const colon = p.expect(Token.Colon);
  const body = parseStmtList(p);
  return new CaseClause(pos, clauseEnd(colon, body), list, colon, body);
}

function parseCommClause(p: Parser): Stmt {
  const { pos } = p;
  let comm: Stmt | null = null;
  const isCase = p.is(Token.Case);
  p.next();
  if (isCase) {
    comm = parseComm(p);
  }
  const colon = p.expect(Token.Colon);
  const body = parseStmtList(p);
  return new CommClause(pos, clauseEnd(colon, body), comm, colon, body);
}

function parseComm(p: Parser): Stmt {
  let lhs = parseExprList(p);
  const { pos, tok } = p;
  if (tok === Token.Arrow) {
    if (lhs.length > 1) {
      p.errorExpected(lhs[0].pos, "1 expression");
    }
    p.next();
    const value = parseExpr(p);
    return new SendStmt(lhs[0].pos, value.end, lhs[0], pos, value);
  }
  if (tok === Token.Assign || tok === Token.Define) {
    if (lhs.length > 2) {
      p.errorExpected(lhs[0].pos, "1 or 2 expressions");
      lhs = lhs.slice(0, 2);
    }
    p.next();
    const x = parseExpr(p);
    return new AssignStmt(lhs[0].pos, x.end, lhs, pos, tok, [x]);
  }
  if (lhs.length > 1) {
    p.errorExpected(lhs[0].pos, "1 expression");
  }
  return new ExprStmt(lhs[0].pos, lhs[0].end, lhs[0]);
}
