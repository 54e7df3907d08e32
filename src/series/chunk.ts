/**
 * A run of times or of values as bits, exact to the last. docs/formats/chunk.md draws the format. Times are differences of differences: a
 * steady interval costs a bit, jitter of some milliseconds 9. Values are the difference to the one before where all are whole numbers
 * (counts and bytes nearly always are), else the XOR of the two bit patterns.
 */
import { BitReader, BitWriter } from "./bits.ts";

const CONSTANT_WHOLE = 0;
const CONSTANT = 1;
const WHOLE = 2;
const XOR = 3;

const view = new DataView(new ArrayBuffer(8));

/** Classes of width for differences: prefix of ones, then so many bits, sign folded in. The class after the last is the whole double. */
const timeWidths = [8, 12, 18, 26];
const valueWidths = [4, 8, 14, 22, 32];

export function encodeTimes(times: ArrayLike<number>): Uint8Array {
  const out = new BitWriter();
  let before = 0;
  let step = 0;
  for (let i = 0; i < times.length; i++) {
    const t = times[i];
    writeDifference(out, t - before - step, before + step, t, timeWidths);
    if (i > 0) step = t - before;
    before = t;
  }
  return out.done();
}

export function decodeTimes(bytes: Uint8Array, count: number): Float64Array {
  const input = new BitReader(bytes);
  const out = new Float64Array(count);
  let before = 0;
  let step = 0;
  for (let i = 0; i < count; i++) {
    const t = readDifference(input, before + step, timeWidths);
    if (i > 0) step = t - before;
    out[i] = before = t;
  }
  return out;
}

export function encodeValues(values: ArrayLike<number>): Uint8Array {
  const out = new BitWriter();
  const n = values.length;
  let whole = true;
  let constant = true;
  for (let i = 0; i < n; i++) {
    const v = values[i];
    if (!Number.isSafeInteger(v) || Object.is(v, -0)) whole = false;
    if (!Object.is(v, values[0])) constant = false;
  }
  // Folding in the sign takes a bit: what is larger goes as a double.
  if (n > 0 && constant && whole && Math.abs(values[0]) < 2 ** 51) {
    out.byte(CONSTANT_WHOLE);
    out.varint(fold(values[0]));
    return out.done();
  }
  if (n > 0 && constant) {
    out.byte(CONSTANT);
    writeDouble(out, values[0]);
    return out.done();
  }
  if (whole) {
    out.byte(WHOLE);
    let before = 0;
    for (let i = 0; i < n; i++) {
      writeDifference(out, values[i] - before, before, values[i], valueWidths);
      before = values[i];
    }
    return out.done();
  }
  out.byte(XOR);
  encodeXor(out, values);
  return out.done();
}

export function decodeValues(bytes: Uint8Array, count: number): Float64Array {
  const input = new BitReader(bytes);
  const out = new Float64Array(count);
  if (count === 0) return out;
  switch (input.byte()) {
    case CONSTANT_WHOLE:
      return out.fill(unfold(input.varint()));
    case CONSTANT:
      return out.fill(readDouble(input));
    case WHOLE: {
      let before = 0;
      for (let i = 0; i < count; i++) out[i] = before = readDifference(input, before, valueWidths);
      return out;
    }
    case XOR:
      decodeXor(input, out);
      return out;
    default:
      throw new RangeError("damaged chunk: no such way of writing values");
  }
}

/** Zero is one bit; else ones up to the class, a zero, and the bits; the last class is the double itself. */
function writeDifference(
  out: BitWriter,
  difference: number,
  base: number,
  value: number,
  widths: readonly number[],
): void {
  // Adding back must give the very value: beyond 2^53, and with fractions, it may not.
  const exact = Number.isSafeInteger(difference) && base + difference === value && !Object.is(difference, -0);
  if (exact) {
    if (difference === 0) {
      out.bits(0, 1);
      return;
    }
    const folded = fold(difference) - 1; // zero has its own class
    for (let c = 0; c < widths.length; c++)
      if (folded < 2 ** widths[c]) {
        out.bits(2 ** (c + 2) - 2, c + 2);
        out.bits(folded, widths[c]);
        return;
      }
  }
  out.bits(2 ** (widths.length + 1) - 1, widths.length + 1);
  writeDouble(out, value);
}

function readDifference(input: BitReader, base: number, widths: readonly number[]): number {
  if (input.bits(1) === 0) return base;
  for (const width of widths) if (input.bits(1) === 0) return base + unfold(input.bits(width) + 1);
  return readDouble(input);
}

/** 0, −1, 1, −2, 2 … → 0, 1, 2, 3, 4 … */
function fold(v: number): number {
  return v < 0 ? -2 * v - 1 : 2 * v;
}

function unfold(n: number): number {
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

function writeDouble(out: BitWriter, v: number): void {
  view.setFloat64(0, v);
  out.bits(view.getUint32(0), 32);
  out.bits(view.getUint32(4), 32);
}

function readDouble(input: BitReader): number {
  view.setUint32(0, input.bits(32));
  view.setUint32(4, input.bits(32));
  return view.getFloat64(0);
}

/**
 * As in Gorilla (Pelkonen et al., VLDB 2015): `0` the same; `10` the differing bits within the window of the one before; `11`, 5 bits of leading
 * zeros, 6 bits of length less one, the differing bits.
 */
function encodeXor(out: BitWriter, values: ArrayLike<number>): void {
  let high = 0;
  let low = 0;
  let leading = -1;
  let trailing = 0;
  for (let i = 0; i < values.length; i++) {
    view.setFloat64(0, values[i]);
    const h = view.getUint32(0);
    const l = view.getUint32(4);
    if (i === 0) {
      out.bits(h, 32);
      out.bits(l, 32);
    } else {
      const xh = (h ^ high) >>> 0;
      const xl = (l ^ low) >>> 0;
      if (xh === 0 && xl === 0) out.bits(0, 1);
      else {
        const lead = Math.min(31, xh !== 0 ? Math.clz32(xh) : 32 + Math.clz32(xl));
        const trail = xl !== 0 ? ctz(xl) : 32 + ctz(xh);
        if (leading >= 0 && lead >= leading && trail >= trailing) out.bits(2, 2);
        else {
          leading = lead;
          trailing = trail;
          out.bits(3, 2);
          out.bits(lead, 5);
          out.bits(64 - lead - trail - 1, 6);
        }
        writeWindow(out, xh, xl, leading, trailing);
      }
    }
    high = h;
    low = l;
  }
}

function decodeXor(input: BitReader, out: Float64Array): void {
  let high = 0;
  let low = 0;
  let leading = 0;
  let trailing = 0;
  for (let i = 0; i < out.length; i++) {
    if (i === 0) {
      high = input.bits(32);
      low = input.bits(32);
    } else if (input.bits(1) === 1) {
      if (input.bits(1) === 1) {
        leading = input.bits(5);
        trailing = 64 - leading - (input.bits(6) + 1);
        if (trailing < 0) throw new RangeError("damaged chunk: a window wider than a double");
      }
      const [xh, xl] = readWindow(input, leading, trailing);
      high = (high ^ xh) >>> 0;
      low = (low ^ xl) >>> 0;
    }
    view.setUint32(0, high);
    view.setUint32(4, low);
    out[i] = view.getFloat64(0);
  }
}

/** Bits `leading` to 63 − `trailing`, counted from the most significant. */
function writeWindow(out: BitWriter, high: number, low: number, leading: number, trailing: number): void {
  const inHigh = Math.max(0, 32 - leading - Math.max(0, trailing - 32));
  if (inHigh > 0) out.bits(high >>> Math.max(0, trailing - 32), inHigh);
  const inLow = 32 - Math.min(32, trailing) - Math.max(0, leading - 32);
  if (inLow > 0) out.bits(low >>> trailing, inLow);
}

function readWindow(input: BitReader, leading: number, trailing: number): [number, number] {
  const inHigh = Math.max(0, 32 - leading - Math.max(0, trailing - 32));
  const high = inHigh > 0 ? input.bits(inHigh) * 2 ** Math.max(0, trailing - 32) : 0;
  const inLow = 32 - Math.min(32, trailing) - Math.max(0, leading - 32);
  const low = inLow > 0 ? input.bits(inLow) * 2 ** trailing : 0;
  return [high >>> 0, low >>> 0];
}

function ctz(v: number): number {
  return 31 - Math.clz32(v & -v);
}
