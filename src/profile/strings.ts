/** Decoding many short strings out of one buffer. */

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One TextDecoder call costs more than a symbol name is worth. So: where the whole stretch is ASCII (all real profiles), decode it
 * once and slice; V8 keeps slices as views of the one string. Otherwise decode each string on its own.
 */
export function decodeStrings(buf: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): string[] {
  const out: string[] = Array.from({ length: count });
  if (count === 0) return out;
  const from = starts[0];
  const to = ends[count - 1];
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += ends[i] - starts[i];
  // Strings that lie apart (not Go's way) would drag everything between them along.
  if (to - from <= bytes * 2 + 1024 && isAscii(buf, starts, ends, count)) {
    // windows-1252 maps every byte to one code unit, so that offsets in bytes are offsets in the text.
    const text = new TextDecoder("latin1").decode(buf.subarray(from, to));
    for (let i = 0; i < count; i++) out[i] = text.slice(starts[i] - from, ends[i] - from);
    return out;
  }
  for (let i = 0; i < count; i++) out[i] = utf8.decode(buf.subarray(starts[i], ends[i]));
  return out;
}

function isAscii(buf: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): boolean {
  for (let i = 0; i < count; i++) for (let k = starts[i]; k < ends[i]; k++) if (buf[k] >= 0x80) return false;
  return true;
}

export function decodeUtf8(buf: Uint8Array): string {
  return utf8.decode(buf);
}
