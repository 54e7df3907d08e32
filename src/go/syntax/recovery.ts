/**
 * Recovery from errors: where to go on after something could not be parsed, and when nesting is too deep.
 */
import { decode } from "./intern.ts";
import { TokenStream } from "./stream.ts";
import { Token } from "./token.ts";

/**
 * How deep constructs may nest. Go's own parser allows 100,000 with its growing stack; V8's stack holds about 984 kB
 * and one level takes up to 14 frames (a call argument that is a function literal). Real files, generated ones
 * included, stay below 100.
 */
export const MAX_NESTING = 1000;

/** Tokens at which a statement may begin that no expression begins with. */
const statementStart = tokenSet(
  Token.Break,
  Token.Const,
  Token.Continue,
  Token.Defer,
  Token.Fallthrough,
  Token.For,
  Token.Go,
  Token.Goto,
  Token.If,
  Token.Return,
  Token.Select,
  Token.Switch,
  Token.Type,
  Token.Var,
);

const declarationStart = tokenSet(Token.Import, Token.Const, Token.Type, Token.Var, Token.Func);

function tokenSet(...tokens: Token[]): Uint8Array {
  const set = new Uint8Array(128);
  for (const t of tokens) {
    set[t] = 1;
  }
  return set;
}

export class Recovery extends TokenStream {
  /** Below 0 in a control clause, where `{` begins the block and no composite literal. */
  exprLevel = 0;
  nesting = 0;
  maxNesting = MAX_NESTING;
  /** Bodies that are open now: recovery by column is for these only. */
  openBodies = 0;
  protected syncPos = -1;

  /** For loops: true (once) where the last turn, which began at `before`, consumed nothing. It then consumes a token. */
  skipIfStuck(before: number): void {
    if (this.pos === before && this.tok !== Token.EOF) {
      this.next();
    }
  }

  /** Skips to where a statement may go on: past `;`, or before a `}` that closes the block at hand, or at a keyword. */
  syncStatement(): void {
    let braces = 0;
    for (;;) {
      switch (this.tok) {
        case Token.EOF:
          return;
        case Token.LBrace:
          braces++;
          break;
        case Token.RBrace:
          if (braces === 0) {
            return;
          }
          braces--;
          break;
        case Token.Semicolon:
          if (braces === 0) {
            this.next();
            return;
          }
          break;
        case Token.Case:
        case Token.Default:
          if (braces === 0) {
            return;
          }
          break;
        default:
          if (this.raiseBarrier()) {
            return;
          }
          if (braces === 0 && statementStart[this.tok] && this.pos > this.syncPos) {
            this.syncPos = this.pos;
            return;
          }
      }
      this.next();
    }
  }

  /** Skips to a token at which an expression or type has surely ended. */
  syncExpr(): void {
    let open = 0;
    for (;;) {
      switch (this.tok) {
        case Token.EOF:
          return;
        case Token.LParen:
        case Token.LBrack:
        case Token.LBrace:
          open++;
          break;
        case Token.RParen:
        case Token.RBrack:
        case Token.RBrace:
          if (open === 0) {
            return;
          }
          open--;
          break;
        case Token.Comma:
        case Token.Colon:
        case Token.Semicolon:
          if (open === 0) {
            return;
          }
          break;
        default:
          if (this.raiseBarrier()) {
            return;
          }
          if (open === 0 && statementStart[this.tok]) {
            return;
          }
      }
      this.next();
    }
  }

  /** Skips to where a declaration may begin: a keyword in the first column, or one after a semicolon outside braces. */
  syncDecl(): void {
    let braces = 0;
    let fresh = false;
    for (; this.tok !== Token.EOF; this.next()) {
      if (declarationStart[this.tok] && ((fresh && braces <= 0) || this.pos === this.lineStart())) {
        return;
      }
      fresh = this.tok === Token.Semicolon || this.tok === Token.RBrace;
      if (this.tok === Token.LBrace) {
        braces++;
      } else if (this.tok === Token.RBrace && braces > 0) {
        braces--;
      }
    }
  }

  /**
   * At a declaration keyword in the first column: pretends EOF from here on. Only for where something is wrong already
   * or such a keyword cannot stand; `missing` is what an open body or group lacks.
   */
  raiseBarrier(missing = "'}'"): boolean {
    if (this.barrier) {
      return true;
    }
    if (!declarationStart[this.tok] || this.pos !== this.lineStart()) {
      return false;
    }
    if (this.openBodies > 0) {
      this.errorExpected(this.pos, missing);
    }
    this.pretendEnd();
    return true;
  }

  private pretendEnd(): void {
    this.barrier = true;
    this.barrierTok = this.tok;
    this.tok = Token.EOF;
  }

  /**
   * At `func` where a statement begins: true where it begins a declaration after all, which is so if a name follows
   * (a function literal has none), or a receiver and a name and the keyword stands in the first column.
   */
  atStrayFunc(): boolean {
    const { buf, size } = this;
    let i = skipBlanks(buf, this.end);
    if (buf[i] !== 40) {
      return isNameByte(buf[i]);
    }
    if (this.pos !== this.lineStart()) {
      return false;
    }
    let depth = 0;
    const stop = Math.min(size, i + 1000);
    do {
      depth += buf[i] === 40 ? 1 : buf[i] === 41 ? -1 : 0;
      i++;
    } while (depth > 0 && i < stop);
    i = skipBlanks(buf, i);
    const name = i;
    while (isNameByte(buf[i])) {
      i++;
    }
    return i > name && buf[i] === 40 && !isKeywordFunc(buf, name, i);
  }

  /** Reports too deep nesting and skips to the next declaration in the first column, behind a pretended EOF. */
  tooDeep(): void {
    if (this.barrier) {
      return;
    }
    this.error(this.pos, "exceeded max nesting depth");
    while (this.tok !== Token.EOF && !(declarationStart[this.tok] && this.pos === this.lineStart())) {
      this.next();
    }
    this.pretendEnd();
  }

  /** Counts a level of nesting; false where there are too many. Pair with `nesting--`. */
  enter(): boolean {
    if (++this.nesting > this.maxNesting) {
      this.tooDeep();
      return false;
    }
    return true;
  }

  /** At `{` of a function body that is to be skipped: goes past its `}` and returns that end, or -1 with nothing moved. */
  skipBody(): number {
    if (!this.skipBraces()) {
      return -1;
    }
    const end = this.pos + 1;
    this.end = end;
    this.next();
    return end;
  }

  /** At the top level: lifts the barrier. */
  resume(): void {
    if (this.barrier) {
      this.barrier = false;
      this.tok = this.barrierTok;
    }
    this.nesting = 0;
    this.openBodies = 0;
    this.exprLevel = 0;
  }
}

function skipBlanks(buf: Uint8Array, i: number): number {
  while (buf[i] === 32 || buf[i] === 9) {
    i++;
  }
  return i;
}

function isNameByte(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 48 && c <= 57) || c >= 0x80;
}

function isKeywordFunc(buf: Uint8Array, start: number, end: number): boolean {
  return end - start === 4 && decode(buf, start, end) === "func";
}
