/** Characters beyond ASCII: decoding one from UTF-8, and the classes the Go specification names. */

/** The code point encoded at `buf[i]`, or -1 where the bytes are no valid UTF-8 (overlong and surrogates included). */
export function codePointAt(buf: Uint8Array, i: number, size: number): number {
  const a = buf[i];
  if (a < 0x80) {
    return a;
  }
  if (a < 0xc2 || a > 0xf4) {
    return -1;
  }
  const b = i + 1 < size ? buf[i + 1] : 0;
  if ((b & 0xc0) !== 0x80) {
    return -1;
  }
  if (a < 0xe0) {
    return ((a & 0x1f) << 6) | (b & 0x3f);
  }
  const c = i + 2 < size ? buf[i + 2] : 0;
  if ((c & 0xc0) !== 0x80) {
    return -1;
  }
  if (a < 0xf0) {
    const rune = ((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
    return rune < 0x800 || (rune >= 0xd800 && rune < 0xe000) ? -1 : rune;
  }
  const d = i + 3 < size ? buf[i + 3] : 0;
  if ((d & 0xc0) !== 0x80) {
    return -1;
  }
  const rune = ((a & 0x07) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f);
  return rune < 0x10000 || rune > 0x10ffff ? -1 : rune;
}

const letter = /^\p{L}$/u;
const digit = /^\p{Nd}$/u;

/** Unicode categories Lu, Ll, Lt, Lm, Lo (spec, "Letters and digits"). */
export function isLetterRune(rune: number): boolean {
  return letter.test(String.fromCodePoint(rune));
}

/** Unicode category Nd. */
export function isDigitRune(rune: number): boolean {
  return digit.test(String.fromCodePoint(rune));
}

/** As Go's %#U prints it: `U+2318 '⌘'`. */
export function runeText(rune: number): string {
  const code = `U+${rune.toString(16).toUpperCase().padStart(4, "0")}`;
  return rune < 0x20 || rune === 0x7f ? code : `${code} '${String.fromCodePoint(rune)}'`;
}
