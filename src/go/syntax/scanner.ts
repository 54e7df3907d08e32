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
import type { SyntaxProblem } from "./ast.ts";
import { ByteInterner, decode } from "./intern.ts";
import { checkNumber } from "./number.ts";
import { codePointAt, isDigitRune, isLetterRune, runeText } from "./rune.ts";
import { allTokens, Token, tokenText } from "./token.ts";

/** Shared by all files of the process: names recur across files far more than within one. */
const interner = new ByteInterner();

/** What a byte may be: bits. */
const IDENT_START = 1;
const IDENT_PART = 2;
const DIGIT = 4;
const HEX_DIGIT = 8;
/** Stands for itself in a string, rune or comment: ASCII other than NUL, newline, quotes, backslash and star. */
const PLAIN = 16;
const byteClass = new Uint8Array(256);
for (let c = 0; c < 128; c++) {
  const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;
  const digit = c >= 48 && c <= 57;
  const hex = digit || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
  const special = c === 0 || c === 10 || c === 34 || c === 39 || c === 42 || c === 92;
  byteClass[c] =
    (letter ? IDENT_START | IDENT_PART : 0) |
    (digit ? IDENT_PART | DIGIT : 0) |
    (hex ? HEX_DIGIT : 0) |
    (special ? 0 : PLAIN);
}

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

/** Problems recorded per file; more tell nothing new. */
const MAX_PROBLEMS = 50;

/**
 * Files are copied into one shared buffer that ends in a NUL: the scanner then reads one byte past the end freely,
 * and always the same kind of array, which keeps its loads monomorphic. Above this size the buffer is not kept.
 */
const KEEP_BUFFER = 1 << 22;
let shared = new Uint8Array(1 << 18);
let sharedView = new DataView(shared.buffer);
let sharedHolds: Uint8Array | null = null;

function padded(src: Uint8Array): Uint8Array {
  if (sharedHolds !== src) {
    sharedHolds = null;
    // (Eight bytes of room: the interner reads whole words.)
    if (shared.length < src.length + 8 || (shared.length > KEEP_BUFFER && src.length < KEEP_BUFFER)) {
      shared = new Uint8Array(src.length + (src.length >> 1) + 64);
      sharedView = new DataView(shared.buffer);
    }
    shared.set(src);
    shared[src.length] = 0;
    sharedHolds = src;
  }
  return shared;
}

export class Scanner {
  tok: Token = Token.EOF;
  pos = 0;
  end = 0;
  /** Identifiers and literals: their text (raw strings without carriage returns). Stale for other tokens. */
  lit = "";
  /** The line of `pos`, from 1. */
  line = 1;

  problems: SyntaxProblem[] = [];
  protected problemLine = 0;

  protected buf: Uint8Array = shared;
  private view: DataView = sharedView;
  protected size = 0;
  /** Where scanning goes on. */
  protected offset = 0;
  /** A newline now would end the statement. */
  protected semi = false;
  /** A block comment with a newline was returned; the semicolon it implies (offset, line) comes next. */
  private pendingSemi = -1;
  private pendingLine = 0;
  private lineStarts = new Uint32Array(1 << 12);
  protected lineCount = 1;

  protected open(src: Uint8Array, at: number): void {
    this.buf = padded(src);
    this.view = sharedView;
    this.size = src.length;
    this.offset = at;
    this.semi = false;
    this.pendingSemi = -1;
    this.lineCount = 1;
    this.lineStarts[0] = 0;
    this.problems = [];
    this.problemLine = 0;
    if (at === 0 && src[0] === 0xef && src[1] === 0xbb && src[2] === 0xbf) {
      this.offset = 3;
    }
  }

  protected lineTable(): Uint32Array {
    return this.lineStarts.slice(0, this.lineCount);
  }

  /** Offset at which the line of the current token begins. */
  protected lineStart(): number {
    return this.lineStarts[this.line - 1];
  }

  private addLine(start: number): void {
    if (this.lineCount === this.lineStarts.length) {
      const more = new Uint32Array(this.lineStarts.length * 2);
      more.set(this.lineStarts);
      this.lineStarts = more;
    }
    this.lineStarts[this.lineCount++] = start;
  }

  protected lineOf(pos: number): number {
    let low = 0;
    let high = this.lineCount;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (this.lineStarts[mid] <= pos) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return low + 1;
  }

  /** Records a problem; a second one on the line of the last is taken for its consequence and dropped. */
  error(pos: number, message: string): void {
    const line = this.lineOf(pos);
    if (line === this.problemLine) {
      return;
    }
    this.problemLine = line;
    if (this.problems.length < MAX_PROBLEMS) {
      this.problems.push({ pos, message });
    }
  }

  /** The source text of the current token. */
  protected text(): string {
    return decode(this.buf, this.pos, Math.min(this.end, this.pos + 100));
  }

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

  /** Checks the character at `i`, which is NUL or beyond ASCII, and returns its length in bytes. */
  private checkRune(i: number): number {
    const c = this.buf[i];
    if (c < 0x80) {
      if (c === 0) {
        this.error(i, "illegal character NUL");
      }
      return 1;
    }
    const rune = codePointAt(this.buf, i, this.size);
    if (rune < 0) {
      this.error(i, "illegal UTF-8 encoding");
      return 1;
    }
    if (rune === 0xfeff && i > 0) {
      this.error(i, "illegal byte order mark");
    }
    return rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
  }

  private scanString(): void {
    const { buf, size } = this;
    let i = this.pos + 1;
    for (;;) {
      let c = buf[i];
      while (byteClass[c] & PLAIN) {
        c = buf[++i];
      }
      if (c === 34) {
        i++;
        break;
      }
      if (c === 92) {
        i = this.scanEscape(i, 34);
      } else if (c === 10 || (c === 0 && i >= size)) {
        this.error(this.pos, "string literal not terminated");
        break;
      } else if (c >= 0x80 || c === 0) {
        i += this.checkRune(i);
      } else {
        i++;
      }
    }
    this.finishLiteral(Token.String, i);
  }

  private scanRawString(): void {
    const { buf, size } = this;
    let i = this.pos + 1;
    let returns = false;
    for (;;) {
      const c = buf[i];
      if (c === 96) {
        i++;
        break;
      }
      if (c === 10) {
        this.addLine(++i);
      } else if (c >= 0x80 || c === 0) {
        if (i >= size) {
          this.error(this.pos, "raw string literal not terminated");
          break;
        }
        i += this.checkRune(i);
      } else {
        returns ||= c === 13;
        i++;
      }
    }
    this.lit = decode(buf, this.pos, i);
    if (returns) {
      this.lit = this.lit.replaceAll("\r", "");
    }
    this.tok = Token.String;
    this.semi = true;
    this.offset = this.end = i;
  }

  private scanRune(): void {
    const { buf, size } = this;
    let i = this.pos + 1;
    let count = 0;
    let valid = true;
    for (;;) {
      const c = buf[i];
      if (c === 10 || (c === 0 && i >= size)) {
        if (valid) {
          this.error(this.pos, "rune literal not terminated");
          valid = false;
        }
        break;
      }
      if (c === 92) {
        i = this.scanEscape(i, 39);
        valid &&= this.escapeValid;
      } else if (c >= 0x80 || c === 0) {
        i += this.checkRune(i);
      } else {
        i++;
      }
      if (c === 39) {
        break;
      }
      count++;
    }
    if (valid && count !== 1) {
      this.error(this.pos, "illegal rune literal");
    }
    this.finishLiteral(Token.Char, i);
  }

  private escapeValid = true;

  /** Checks the escape sequence whose backslash is at `i`; returns where reading goes on. */
  private scanEscape(i: number, quote: number): number {
    const { buf, size } = this;
    const start = i + 1;
    this.escapeValid = true;
    const c = buf[start];
    let digits = 0;
    let base = 16;
    let max = 0x10ffff;
    i = start + 1;
    switch (c) {
      case 97: // a b f n r t v \
      case 98:
      case 102:
      case 110:
      case 114:
      case 116:
      case 118:
      case 92:
      case quote:
        return i;
      case 120: // x
        digits = 2;
        max = 255;
        break;
      case 117: // u
        digits = 4;
        break;
      case 85: // U
        digits = 8;
        break;
      default:
        if (c >= 48 && c <= 55) {
          digits = 3;
          base = 8;
          max = 255;
          i = start;
          break;
        }
        this.escapeValid = false;
        this.error(start, start >= size ? "escape sequence not terminated" : "unknown escape sequence");
        return start;
    }
    let value = 0;
    for (; digits > 0; digits--) {
      const d = hexValue(buf[i]);
      if (d >= base) {
        this.escapeValid = false;
        this.error(i, i >= size ? "escape sequence not terminated" : "illegal character in escape sequence");
        return i;
      }
      value = value * base + d;
      i++;
    }
    if (value > max || (value >= 0xd800 && value < 0xe000)) {
      this.escapeValid = false;
      this.error(start, "escape sequence is invalid Unicode code point");
    }
    return i;
  }

  private scanNumber(): void {
    const buf = this.buf;
    let i = this.pos;
    let c = buf[i];
    const zero = c === 48;
    if (zero && (buf[i + 1] | 32) === 120 && byteClass[buf[i + 2]] & HEX_DIGIT) {
      i += 3;
      while (byteClass[buf[i]] & HEX_DIGIT) {
        i++;
      }
      c = buf[i];
      if (c !== 46 && (byteClass[c] & IDENT_START) === 0) {
        this.finishLiteral(Token.Int, i);
        return;
      }
    } else {
      while (byteClass[c] & DIGIT) {
        c = buf[++i];
      }
      // A plain decimal integer, unless what follows could belong to the number: a period, `_` or a letter.
      if (c !== 46 && (byteClass[c] & IDENT_START) === 0 && (!zero || i === this.pos + 1)) {
        this.finishLiteral(Token.Int, i);
        return;
      }
    }
    const number = checkNumber(buf, this.pos);
    if (number.problem !== "") {
      this.error(number.problemPos, number.problem);
    }
    this.finishLiteral(number.tok, number.end);
  }

  private finishLiteral(tok: Token, end: number): void {
    // Long literals seldom recur; interning them would only fill the table.
    this.lit =
      end - this.pos <= 40
        ? interner.strings[interner.intern(this.view, this.pos, end)]
        : decode(this.buf, this.pos, end);
    this.tok = tok;
    this.semi = true;
    this.offset = this.end = end;
  }

  private scanComment(): void {
    const { buf, size } = this;
    const start = this.pos;
    let i = start + 2;
    let c = buf[i];
    if (buf[start + 1] === 47) {
      while (c !== 10) {
        if (c >= 0x80 || c === 0) {
          if (i >= size) {
            break;
          }
          i += this.checkRune(i);
          c = buf[i];
        } else {
          do {
            c = buf[++i];
          } while (byteClass[c] & PLAIN);
        }
      }
      this.offset = i;
      this.end = buf[i - 1] === 13 ? i - 1 : i;
    } else {
      let newline = -1;
      for (;;) {
        if (c === 42 && buf[i + 1] === 47) {
          i += 2;
          break;
        }
        if (c === 10) {
          if (newline < 0) {
            newline = i;
          }
          this.addLine(++i);
        } else if (c >= 0x80 || c === 0) {
          if (i >= size) {
            this.error(start, "comment not terminated");
            break;
          }
          i += this.checkRune(i);
        } else {
          i++;
        }
        c = buf[i];
      }
      this.offset = this.end = i;
      if (newline >= 0 && this.semi) {
        this.pendingSemi = newline;
        this.pendingLine = this.line;
        this.semi = false;
      }
    }
    this.tok = Token.Comment;
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

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) {
    return c - 48;
  }
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}
