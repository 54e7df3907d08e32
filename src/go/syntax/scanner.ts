/**
 * The scanner: bytes in, one token at a time out, with automatic semicolons and a line table.
 *
 * It works on bytes, not on a decoded string: positions are then Go's own byte offsets, and no decoding is paid for
 * comments and white space. After `scan()` the current token is in the fields:
 *
 *     x := "é" // hi⏎          tok      pos end lit
 *                              Ident     0   1  "x"
 *                              Define    2   4
 *                              String    5   9  "\"é\""
 *                              Comment  10  15
 *                              Semicolon 15 15       (pos === end: not written, inserted at the newline)
 *
 * Source errors (bad UTF-8, NUL, unterminated literals, malformed numbers) go to `error`; a usable token is
 * returned all the same. Spec: https://go.dev/ref/spec#Lexical_elements.
 */
import { byteClass, IDENT_PART, IDENT_START, interner, LiteralScanner } from "./literal.ts";
import { codePointAt, isDigitRune, isLetterRune, runeText } from "./rune.ts";
import { allTokens, Token, tokenText } from "./token.ts";

// Keywords take the first ids of the interner in token order, so that `id < KEYWORDS` is the keyword test.
const KEYWORDS = Token.Var - Token.Break + 1;
for (const word of tokenText.slice(Token.Break, Token.Var + 1)) {
  const bytes = new TextEncoder().encode(`${word}    `);
  interner.intern(new DataView(bytes.buffer), 0, word.length);
}
interner.pin();

/** After these tokens a newline ends a statement (spec, "Semicolons"). */
const endsStatement = new Uint8Array(128);
for (const t of [
  Token.Ident,
  Token.Int,
  Token.Float,
  Token.Imag,
  Token.Char,
  Token.String,
  Token.Break,
  Token.Continue,
  Token.Fallthrough,
  Token.Return,
  Token.Inc,
  Token.Dec,
  Token.RParen,
  Token.RBrack,
  Token.RBrace,
]) {
  endsStatement[t] = 1;
}

export class Scanner extends LiteralScanner {
  scan(): void {
    const buf = this.buf;
    let i = this.offset;
    if (this.pendingSemi >= 0) {
      this.pos = this.end = this.pendingSemi;
      this.line = this.pendingLine;
      this.tok = Token.Semicolon;
      this.pendingSemi = -1;
      return;
    }
    let c = buf[i];
    while (c <= 32) {
      if (c === 10) {
        if (this.semi) {
          break;
        }
        this.addLine(++i);
        c = buf[i];
      } else if (c === 9 || c === 32 || c === 13) {
        c = buf[++i];
      } else {
        break;
      }
    }
    this.pos = i;
    this.line = this.lineCount;

    if (byteClass[c] & IDENT_START) {
      do {
        c = buf[++i];
      } while (byteClass[c] & IDENT_PART);
      if (c >= 0x80) {
        this.scanWideIdent();
        return;
      }
      this.offset = this.end = i;
      const id = interner.intern(this.view, this.pos, i);
      if (id < KEYWORDS) {
        const tok = allTokens[Token.Break + id];
        this.tok = tok;
        this.semi = endsStatement[tok] === 1;
      } else {
        this.lit = interner.strings[id];
        this.tok = Token.Ident;
        this.semi = true;
      }
      return;
    }

    let tok: Token;
    i++;
    switch (c) {
      case 10:
        // Only reached where the newline ends a statement; it is read again as white space.
        this.tok = Token.Semicolon;
        this.offset = this.end = this.pos;
        this.semi = false;
        return;
      case 34: // "
        this.scanString();
        return;
      case 96: // `
        this.scanRawString();
        return;
      case 39: // '
        this.scanRune();
        return;
      case 48:
      case 49:
      case 50:
      case 51:
      case 52:
      case 53:
      case 54:
      case 55:
      case 56:
      case 57:
        this.scanNumber();
        return;
      case 46: // .
        c = buf[i];
        if (c >= 48 && c <= 57) {
          this.scanNumber();
          return;
        }
        if (c === 46 && buf[i + 1] === 46) {
          i += 2;
          tok = Token.Ellipsis;
        } else {
          tok = Token.Period;
        }
        break;
      case 40:
        tok = Token.LParen;
        break;
      case 41:
        tok = Token.RParen;
        break;
      case 44:
        tok = Token.Comma;
        break;
      case 91:
        tok = Token.LBrack;
        break;
      case 93:
        tok = Token.RBrack;
        break;
      case 123:
        tok = Token.LBrace;
        break;
      case 125:
        tok = Token.RBrace;
        break;
      case 59:
        tok = Token.Semicolon;
        break;
      case 58: // :
        tok = Token.Colon;
        if (buf[i] === 61) {
          i++;
          tok = Token.Define;
        }
        break;
      case 61: // =
        tok = Token.Assign;
        if (buf[i] === 61) {
          i++;
          tok = Token.Eql;
        }
        break;
      case 33: // !
        tok = Token.Not;
        if (buf[i] === 61) {
          i++;
          tok = Token.Neq;
        }
        break;
      case 43: // +
        tok = Token.Add;
        if (buf[i] === 43) {
          i++;
          tok = Token.Inc;
        } else if (buf[i] === 61) {
          i++;
          tok = Token.AddAssign;
        }
        break;
      case 45: // -
        tok = Token.Sub;
        if (buf[i] === 45) {
          i++;
          tok = Token.Dec;
        } else if (buf[i] === 61) {
          i++;
          tok = Token.SubAssign;
        }
        break;
      case 42: // *
        tok = Token.Mul;
        if (buf[i] === 61) {
          i++;
          tok = Token.MulAssign;
        }
        break;
      case 47: // /
        if (buf[i] === 47 || buf[i] === 42) {
          this.scanComment();
          return;
        }
        tok = Token.Quo;
        if (buf[i] === 61) {
          i++;
          tok = Token.QuoAssign;
        }
        break;
      case 37: // %
        tok = Token.Rem;
        if (buf[i] === 61) {
          i++;
          tok = Token.RemAssign;
        }
        break;
      case 94: // ^
        tok = Token.Xor;
        if (buf[i] === 61) {
          i++;
          tok = Token.XorAssign;
        }
        break;
      case 38: // &
        tok = Token.And;
        if (buf[i] === 38) {
          i++;
          tok = Token.LAnd;
        } else if (buf[i] === 94) {
          i++;
          tok = Token.AndNot;
          if (buf[i] === 61) {
            i++;
            tok = Token.AndNotAssign;
          }
        } else if (buf[i] === 61) {
          i++;
          tok = Token.AndAssign;
        }
        break;
      case 124: // |
        tok = Token.Or;
        if (buf[i] === 124) {
          i++;
          tok = Token.LOr;
        } else if (buf[i] === 61) {
          i++;
          tok = Token.OrAssign;
        }
        break;
      case 60: // <
        tok = Token.Lss;
        if (buf[i] === 45) {
          i++;
          tok = Token.Arrow;
        } else if (buf[i] === 61) {
          i++;
          tok = Token.Leq;
        } else if (buf[i] === 60) {
          i++;
          tok = Token.Shl;
          if (buf[i] === 61) {
            i++;
            tok = Token.ShlAssign;
          }
        }
        break;
      case 62: // >
        tok = Token.Gtr;
        if (buf[i] === 61) {
          i++;
          tok = Token.Geq;
        } else if (buf[i] === 62) {
          i++;
          tok = Token.Shr;
          if (buf[i] === 61) {
            i++;
            tok = Token.ShrAssign;
          }
        }
        break;
      case 126:
        tok = Token.Tilde;
        break;
      default:
        this.scanOther(c);
        return;
    }
    this.tok = tok;
    this.semi = endsStatement[tok] === 1;
    this.offset = this.end = i;
  }

  /** End of file, letters beyond ASCII, and bytes that begin no token. */
  private scanOther(c: number): void {
    const start = this.pos;
    if (c === 0 && start >= this.size) {
      this.offset = this.end = start;
      if (this.semi) {
        this.semi = false;
        this.tok = Token.Semicolon;
      } else {
        this.tok = Token.EOF;
      }
      return;
    }
    const length = this.checkRune(start);
    this.offset = this.end = start + length;
    this.tok = Token.Illegal;
    if (c === 0) {
      return; // checkRune has reported it
    }
    const rune = codePointAt(this.buf, start, this.size);
    if (rune >= 0x80 && isLetterRune(rune)) {
      this.offset = start;
      this.scanWideIdent();
    } else if (rune === 0x201c || rune === 0x201d) {
      this.error(start, `curly quotation mark ${runeText(rune)} (use neutral '"')`);
    } else if (rune >= 0) {
      this.error(start, `illegal character ${runeText(rune)}`);
    }
  }

  /** An identifier with letters beyond ASCII; starts over at `pos`. */
  private scanWideIdent(): void {
    const { buf, size } = this;
    let i = this.pos;
    while (i < size) {
      let length = 1;
      if (buf[i] >= 0x80) {
        const rune = codePointAt(buf, i, size);
        if (rune < 0 || !(isLetterRune(rune) || isDigitRune(rune))) {
          break;
        }
        length = this.checkRune(i);
      } else if ((byteClass[buf[i]] & IDENT_PART) === 0) {
        break;
      }
      i += length;
    }
    this.offset = this.end = i;
    this.lit = interner.strings[interner.intern(this.view, this.pos, i)];
    this.tok = Token.Ident;
    this.semi = true;
  }

  /**
   * Skips from the `{` that is the current token past its `}`, minding strings, runes and comments; the current
   * token is then what follows. False, with nothing moved, where the braces do not pair up or a declaration begins
   * in the first column before they do (`func name`): then the body wants a real parse.
   */
  protected skipBraces(): boolean {
    const { buf, size } = this;
    const linesBefore = this.lineCount;
    let i = this.pos + 1;
    let depth = 1;
    while (depth > 0) {
      const c = buf[i++];
      switch (c) {
        case 123:
          depth++;
          break;
        case 125:
          depth--;
          break;
        case 10:
          this.addLine(i);
          if (buf[i] === 102 && buf[i + 1] === 117 && buf[i + 2] === 110 && buf[i + 3] === 99 && buf[i + 4] === 32) {
            if (byteClass[buf[i + 5]] & IDENT_START) {
              this.lineCount = linesBefore;
              return false;
            }
          }
          break;
        case 34:
        case 39:
          while (buf[i] !== c && buf[i] !== 10 && i < size) {
            i += buf[i] === 92 ? 2 : 1;
          }
          if (buf[i] === c) {
            i++;
          }
          break;
        case 96:
          while (buf[i] !== 96 && i < size) {
            if (buf[i++] === 10) {
              this.addLine(i);
            }
          }
          i++;
          break;
        case 47:
          if (buf[i] === 47) {
            while (buf[i] !== 10 && i < size) {
              i++;
            }
          } else if (buf[i] === 42) {
            i++;
            while (i < size && !(buf[i] === 42 && buf[i + 1] === 47)) {
              if (buf[i++] === 10) {
                this.addLine(i);
              }
            }
            i += 2;
          }
          break;
        case 0:
          if (i > size) {
            this.lineCount = linesBefore;
            return false;
          }
          break;
        default:
      }
    }
    if (i > size) {
      this.lineCount = linesBefore;
      return false;
    }
    this.offset = i;
    this.pos = i - 1;
    this.line = this.lineCount;
    this.semi = true;
    return true;
  }
}
