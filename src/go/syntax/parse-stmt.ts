/** Statements and blocks. */
import {
  AssignStmt,
  BadStmt,
  BlockStmt,
  BranchStmt,
  DeclStmt,
  DeferStmt,
  EmptyStmt,
  ExprStmt,
  GoStmt,
  IncDecStmt,
  LabeledStmt,
  ReturnStmt,
  SendStmt,
} from "./ast-stmt.ts";
import { NodeKind, NoPos } from "./ast.ts";
import type { Ident } from "./ast-expr.ts";
import type { Expr, Stmt } from "./ast.ts";
import type { Parser } from "./parser.ts";
import { parseFor, parseIf, parseSelect, parseSwitch } from "./parse-control.ts";
import { parseGenDecl } from "./parse-decl.ts";
import { finishExprList, parseExpr, parseExprList, parseIdent } from "./parse-expr.ts";
import { Token } from "./token.ts";

/** What a simple statement may be besides an expression, assignment, send or increment. */
export enum Allow {
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

export function closeBlock(p: Parser, pos: number, list: Stmt[]): BlockStmt {
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

export function parseSimpleStmt(p: Parser, allow: Allow): Stmt {
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
