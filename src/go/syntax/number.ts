/** Number literals in all their forms (spec, "Integer literals" to "Imaginary literals"), checked as Go's scanner does. */
import { Token } from "./token.ts";

export interface NumberLiteral {
  readonly tok: Token.Int | Token.Float | Token.Imag;
  readonly end: number;
  /** "" where the literal is well formed; else the first thing wrong with it, and where. */
  readonly problem: string;
  readonly problemPos: number;
}

const DIGIT = 1;
const SEPARATOR = 2;

/** Reads the number that begins at `buf[start]` (a digit, or a period before a digit). `buf` ends in a non-number byte. */
export function checkNumber(buf: Uint8Array, start: number): NumberLiteral {
  let i = start;
  let problem = "";
  let problemPos = start;
  const fail = (pos: number, message: string): void => {
    if (problem === "") {
      problem = message;
      problemPos = pos;
    }
  };
  let tok: Token.Int | Token.Float | Token.Imag = Token.Int;
  let base = 10;
  let prefix = 0; // 0, or one of "0" (legacy octal), "x", "o", "b" as a byte
  let seen = 0;
  let badDigit = -1;

  const digits = (base: number): void => {
    for (;;) {
      const c = buf[i];
      if (c === 95) {
        seen |= SEPARATOR;
      } else if (c >= 48 && c <= 57) {
        if (base <= 10 && c - 48 >= base && badDigit < 0) {
          badDigit = i;
        }
        seen |= DIGIT;
      } else if (base === 16 && isHexLetter(c)) {
        seen |= DIGIT;
      } else {
        return;
      }
      i++;
    }
  };

  if (buf[i] !== 46) {
    if (buf[i] === 48) {
      i++;
      const p = buf[i] | 32;
      if (p === 120 || p === 111 || p === 98) {
        i++;
        prefix = p;
        base = p === 120 ? 16 : p === 111 ? 8 : 2;
      } else {
        prefix = 48;
        base = 8;
        seen = DIGIT; // the leading 0
      }
    }
    digits(base);
  }
  if (buf[i] === 46) {
    tok = Token.Float;
    if (prefix === 111 || prefix === 98) {
      fail(i, `invalid radix point in ${literalName(prefix)}`);
    }
    i++;
    digits(base);
  }
  if ((seen & DIGIT) === 0) {
    fail(i, `${literalName(prefix)} has no digits`);
  }
  const e = buf[i] | 32;
  if (e === 101 || e === 112) {
    if (e === 101 && prefix !== 0 && prefix !== 48) {
      fail(i, `'${String.fromCharCode(buf[i])}' exponent requires decimal mantissa`);
    } else if (e === 112 && prefix !== 120) {
      fail(i, `'${String.fromCharCode(buf[i])}' exponent requires hexadecimal mantissa`);
    }
    i++;
    tok = Token.Float;
    if (buf[i] === 43 || buf[i] === 45) {
      i++;
    }
    const before = seen;
    const badBefore = badDigit;
    seen = 0;
    digits(10);
    if ((seen & DIGIT) === 0) {
      fail(i, "exponent has no digits");
    }
    seen |= before;
    badDigit = badBefore;
  } else if (prefix === 120 && tok === Token.Float) {
    fail(i, "hexadecimal mantissa requires a 'p' exponent");
  }
  if (buf[i] === 105) {
    tok = Token.Imag;
    i++;
  }
  if (tok === Token.Int && badDigit >= 0) {
    fail(badDigit, `invalid digit '${String.fromCharCode(buf[badDigit])}' in ${literalName(prefix)}`);
  }
  if ((seen & SEPARATOR) !== 0) {
    const at = misplacedSeparator(buf, start, i);
    if (at >= 0) {
      fail(at, "'_' must separate successive digits");
    }
  }
  return { tok, end: i, problem, problemPos };
}

function isHexLetter(c: number): boolean {
  const lower = c | 32;
  return lower >= 97 && lower <= 102;
}

function literalName(prefix: number): string {
  switch (prefix) {
    case 120:
      return "hexadecimal literal";
    case 111:
    case 48:
      return "octal literal";
    case 98:
      return "binary literal";
    default:
      return "decimal literal";
  }
}

/** Where the first `_` stands that has no digit (or base prefix) on both sides, or -1. */
function misplacedSeparator(buf: Uint8Array, start: number, end: number): number {
  const OTHER = 0;
  const UNDERSCORE = 1;
  const NUMBER = 2;
  let previous = OTHER;
  let i = start;
  let hex = false;
  if (end - start >= 2 && buf[start] === 48) {
    const p = buf[start + 1] | 32;
    if (p === 120 || p === 111 || p === 98) {
      hex = p === 120;
      previous = NUMBER; // a prefix counts as a digit
      i += 2;
    }
  }
  for (; i < end; i++) {
    const c = buf[i];
    if (c === 95) {
      if (previous !== NUMBER) {
        return i;
      }
      previous = UNDERSCORE;
    } else if ((c >= 48 && c <= 57) || (hex && isHexLetter(c))) {
      previous = NUMBER;
    } else {
      if (previous === UNDERSCORE) {
        return i - 1;
      }
      previous = OTHER;
    }
  }
  return previous === UNDERSCORE ? end - 1 : -1;
}
