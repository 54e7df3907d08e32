/** Strings, runes, numbers and comments (spec, "Integer literals" to "String literals"). */
import { ByteInterner, decode } from "./intern.ts";
import { checkNumber } from "./number.ts";
import { Source } from "./source.ts";
import { Token } from "./token.ts";

/** Shared by all files of the process: names and small literals recur across files far more than within one. */
export const interner = new ByteInterner();

/** What a byte may be: bits. */
export const IDENT_START = 1;
export const IDENT_PART = 2;
const DIGIT = 4;
const HEX_DIGIT = 8;
/** Stands for itself in a string, rune or comment: ASCII other than NUL, newline, quotes, backslash and star. */
const PLAIN = 16;
export const byteClass = new Uint8Array(256);
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

export class LiteralScanner extends Source {
  protected scanString(): void {
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

  protected scanRawString(): void {
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

  protected scanRune(): void {
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

  protected escapeValid = true;

  /** Checks the escape sequence whose backslash is at `i`; returns where reading goes on. */
  protected scanEscape(i: number, quote: number): number {
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

  protected scanNumber(): void {
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

  protected finishLiteral(tok: Token, end: number): void {
    // Long literals seldom recur; interning them would only fill the table.
    this.lit =
      end - this.pos <= 40
        ? interner.strings[interner.intern(this.view, this.pos, end)]
        : decode(this.buf, this.pos, end);
    this.tok = tok;
    this.semi = true;
    this.offset = this.end = end;
  }

  protected scanComment(): void {
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
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) {
    return c - 48;
  }
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}
