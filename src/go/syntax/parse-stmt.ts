/** Statements and blocks. */
import {
  AssignStmt,
  BadExpr,
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
  NodeKind,
  NoPos,
  RangeStmt,
  ReturnStmt,
  SelectStmt,
  SendStmt,
  SwitchStmt,
  TypeSwitchStmt,
} from "./ast.ts";
import type { Expr, Ident, Stmt } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseGenDecl } from "./parse-decl.ts";
import { finishExprList, parseExpr, parseExprList, parseIdent } from "./parse-expr.ts";
import { Token } from "./token.ts";

/** What a simple statement may be besides an expression, assignment, send or increment. */
const enum Allow {
  Basic,
  Label,
  Range,
}

/** `{ … }`. Where `{` is missing, a block is read all the same up to its `}`. */
export function parseBlock(p: Parser): BlockStmt {
  const { pos } = p;
  if (p.is(Token.LBrace)) {
    p.next();
  } else {
    p.errorExpected(pos, "'{'");
    if (p.atNewline()) {
      p.next();
      if (p.is(Token.LBrace)) {
        p.next();
      }
    }
  }
  p.openBodies++;
  const list = parseStmtList(p);
  p.openBodies--;
  return closeBlock(p, pos, list);
}

function closeBlock(p: Parser, pos: number, list: Stmt[]): BlockStmt {
  if (p.is(Token.RBrace)) {
    const rbrace = p.pos;
    p.next();
    return new BlockStmt(pos, rbrace + 1, list, rbrace);
  }
  p.errorExpected(p.pos, "'}'");
  const end = list.length > 0 ? list[list.length - 1].end : pos + 1;
  return new BlockStmt(pos, end, list, NoPos);
}

export function parseStmtList(p: Parser): Stmt[] {
  const mark = p.depth;
  for (;;) {
    switch (p.tok) {
      case Token.Case:
      case Token.Default:
      case Token.RBrace:
      case Token.EOF:
        return p.list<Stmt>(mark);
      default: {
        const before = p.pos;
        p.push(parseStmt(p));
        p.skipIfStuck(before);
      }
    }
  }
}

export function parseStmt(p: Parser): Stmt {
  const { pos } = p;
  if (!p.enter()) {
    p.nesting--;
    return new BadStmt(pos, p.pos);
  }
  const stmt = parseStmtAt(p);
  p.nesting--;
  return stmt;
}

function parseStmtAt(p: Parser): Stmt {
  const { pos } = p;
  switch (p.tok) {
    case Token.Func:
      if (p.atStrayFunc()) {
        if (!p.raiseBarrier()) {
          // Not in the first column: a named function inside another. Its body is read as a block.
          p.error(p.end + 1, "expected '(', found a name: functions cannot be declared inside functions");
          p.next();
          skipTo(p, Token.LBrace);
          if (p.is(Token.LBrace)) {
            parseBlock(p);
          }
          return new BadStmt(pos, p.pos);
        }
        return new BadStmt(pos, pos);
      }
      return parseExprStart(p);
    case Token.Ident:
    case Token.Int:
    case Token.Float:
    case Token.Imag:
    case Token.Char:
    case Token.String:
    case Token.LParen:
    case Token.LBrack:
    case Token.Struct:
    case Token.Map:
    case Token.Chan:
    case Token.Interface:
    case Token.Add:
    case Token.Sub:
    case Token.Mul:
    case Token.And:
    case Token.Xor:
    case Token.Arrow:
    case Token.Not:
      return parseExprStart(p);
    case Token.If:
      return parseIf(p);
    case Token.Return: {
      p.next();
      let end = pos + 6;
      let results: Expr[] = [];
      if (!p.is(Token.Semicolon) && !p.is(Token.RBrace)) {
        results = parseExprList(p);
        end = p.prevEnd;
      }
      p.expectSemi();
      return new ReturnStmt(pos, end, results);
    }
    case Token.For:
      return parseFor(p);
    case Token.Switch:
      return parseSwitch(p);
    case Token.Select:
      return parseSelect(p);
    case Token.Go:
    case Token.Defer:
      return parseGoOrDefer(p);
    case Token.Break:
    case Token.Continue:
    case Token.Goto:
    case Token.Fallthrough:
      return parseBranch(p);
    case Token.LBrace: {
      const block = parseBlock(p);
      p.expectSemi();
      return block;
    }
    case Token.Var:
    case Token.Const:
    case Token.Type: {
      const decl = parseGenDecl(p);
      return new DeclStmt(decl.pos, decl.end, decl);
    }
    case Token.Semicolon: {
      const implicit = p.pos === p.end;
      p.next();
      return new EmptyStmt(pos, implicit ? pos : pos + 1, implicit);
    }
    case Token.RBrace:
    case Token.EOF:
      // After a label: `L: }`.
      if (p.is(Token.EOF)) {
        p.errorExpected(pos, "statement");
      }
      return new EmptyStmt(pos, pos, true);
    default:
      p.errorExpected(pos, "statement");
      if (p.is(Token.RParen) || p.is(Token.RBrack)) {
        p.next();
      }
      p.syncStatement();
      return new BadStmt(pos, p.pos);
  }
}

function skipTo(p: Parser, tok: Token): void {
  while (p.tok !== tok && !p.is(Token.EOF) && !p.is(Token.Semicolon) && !p.is(Token.RBrace)) {
    p.next();
  }
}

function parseExprStart(p: Parser): Stmt {
  const stmt = parseSimpleStmt(p, Allow.Label);
  if (stmt.kind !== NodeKind.LabeledStmt) {
    p.expectSemi();
  }
  return stmt;
}

function parseSimpleStmt(p: Parser, allow: Allow): Stmt {
  const start = p.pos;
  const first = parseExpr(p);
  const { pos, tok } = p;
  switch (tok) {
    case Token.Semicolon:
      return new ExprStmt(start, p.prevEnd, first);
    case Token.Comma:
      return finishSimple(p, allow, start, finishExprList(p, first));
    case Token.Inc:
    case Token.Dec:
      p.next();
      return new IncDecStmt(start, pos + 2, first, pos, tok);
    case Token.Arrow: {
      p.next();
      const value = parseExpr(p);
      return new SendStmt(start, p.prevEnd, first, pos, value);
    }
    case Token.Colon:
      return parseLabel(p, allow, first);
    default:
      if (isAssign(tok)) {
        return parseAssign(p, allow, start, [first]);
      }
      return new ExprStmt(start, p.prevEnd, first);
  }
}

function isAssign(tok: Token): boolean {
  return tok === Token.Define || tok === Token.Assign || (tok >= Token.AddAssign && tok <= Token.AndNotAssign);
}

/** After two or more expressions: an assignment, or an error, after which the first expression counts. */
function finishSimple(p: Parser, allow: Allow, start: number, lhs: Expr[]): Stmt {
  if (isAssign(p.tok)) {
    return parseAssign(p, allow, start, lhs);
  }
  const first = lhs[0];
  p.errorExpected(first.pos, "1 expression");
  switch (p.tok) {
    case Token.Colon:
      return parseLabel(p, allow, first);
    case Token.Arrow: {
      const { pos } = p;
      p.next();
      const value = parseExpr(p);
      return new SendStmt(first.pos, value.end, first, pos, value);
    }
    case Token.Inc:
    case Token.Dec: {
      const { pos, tok } = p;
      p.next();
      return new IncDecStmt(first.pos, pos + 2, first, pos, tok);
    }
    default:
      return new ExprStmt(first.pos, lhs[lhs.length - 1].end, first);
  }
}

function parseAssign(p: Parser, allow: Allow, start: number, lhs: Expr[]): Stmt {
  const { pos, tok } = p;
  p.next();
  let rhs: Expr[];
  if (allow === Allow.Range && p.is(Token.Range) && (tok === Token.Define || tok === Token.Assign)) {
    const range = p.pos;
    p.next();
    rhs = [parseExpr(p)];
    // Only now: the operand may hold function literals with loops of their own.
    p.rangePos = range;
  } else {
    rhs = parseExprList(p);
  }
  return new AssignStmt(start, p.prevEnd, lhs, pos, tok, rhs);
}

function parseLabel(p: Parser, allow: Allow, label: Expr): Stmt {
  const colon = p.pos;
  p.next();
  if (allow === Allow.Label && label.kind === NodeKind.Ident) {
    const stmt = parseStmt(p);
    return new LabeledStmt(label.pos, stmt.end, label, colon, stmt);
  }
  p.error(colon, "illegal label declaration");
  return new BadStmt(label.pos, colon + 1);
}

function parseGoOrDefer(p: Parser): Stmt {
  const { pos, tok } = p;
  const word = tok === Token.Go ? "go" : "defer";
  p.next();
  const start = p.pos;
  let x = parseExpr(p);
  if (x.kind === NodeKind.ParenExpr) {
    p.error(start, `expression in ${word} must not be parenthesized`);
    while (x.kind === NodeKind.ParenExpr) {
      x = x.x;
    }
  }
  if (x.kind !== NodeKind.CallExpr) {
    if (x.kind !== NodeKind.BadExpr) {
      p.error(x.end, `expression in ${word} must be function call`);
    }
    p.expectSemi();
    return new BadStmt(pos, x.end);
  }
  p.expectSemi();
  return tok === Token.Go ? new GoStmt(pos, x.end, x) : new DeferStmt(pos, x.end, x);
}

function parseBranch(p: Parser): Stmt {
  const { pos, tok, end } = p;
  p.next();
  let label: Ident | null = null;
  if (tok === Token.Goto || (tok !== Token.Fallthrough && p.is(Token.Ident))) {
    label = parseIdent(p);
  }
  p.expectSemi();
  return new BranchStmt(pos, label === null ? end : label.end, tok, label);
}

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
function parseIf(p: Parser): Stmt {
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

function parseFor(p: Parser): Stmt {
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

function parseSwitch(p: Parser): Stmt {
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

function parseSelect(p: Parser): Stmt {
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
