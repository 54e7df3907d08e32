/** Protobuf's wire format, read key by key without an object per field. */
import type { IdNames } from "./id-rows.ts";
import { ProfileError } from "./errors.ts";

const TWO32 = 4294967296;

/**
 * What is read stays in fields, where the next call finds it: a key's wire type, a varint's two halves. Whoever knows the messages extends
 * it, so that the hot loops may look at the bytes themselves. Every method throws ProfileError where the bytes end or contradict the wire type.
 */
export class WireReader {
  protected readonly buf: Uint8Array;
  protected pos = 0;
  // The last varint read, as two halves.
  protected low = 0;
  protected high = 0;
  // The last key's wire type: the field number is what `key` returns.
  protected wire = 0;

  constructor(buf: Uint8Array) {
    this.buf = buf;
  }

  protected key(end: number): number {
    const b = this.buf[this.pos];
    if (b < 0x80) {
      this.pos++;
      this.wire = b & 7;
      return b >> 3;
    }
    this.varint(end);
    this.wire = this.low & 7;
    return this.high * (TWO32 / 8) + (this.low >>> 3);
  }

  /** Reads the length of a length-delimited field and returns where it ends. */
  protected message(end: number): number {
    if (this.wire !== 2) throw new ProfileError("not a profile: wrong wire type");
    this.varint(end);
    const stop = this.pos + this.low;
    if (this.high !== 0 || stop > end) throw new ProfileError("profile is truncated");
    return stop;
  }

  protected scalar(end: number): void {
    if (this.wire !== 0) throw new ProfileError("not a profile: wrong wire type");
    this.varint(end);
  }

  /** A scalar that is a string row. */
  protected index(end: number): number {
    this.scalar(end);
    return this.stringRow();
  }

  protected stringRow(): number {
    if (this.high !== 0 || this.low > 0x7fffffff) throw new ProfileError("profile names a string that does not exist");
    return this.low;
  }

  protected name(ids: IdNames): number {
    return this.high === 0 && this.low < 0x80000000 ? this.low : ids.wideName(this.low, this.high);
  }

  protected varint(end: number): void {
    const { buf } = this;
    let { pos } = this;
    let low = 0;
    let high = 0;
    let shift = 0;
    for (;;) {
      if (pos >= end) throw new ProfileError("profile is truncated");
      const b = buf[pos++];
      const bits = b & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (b < 0x80) break;
      shift += 7;
      if (shift > 63) throw new ProfileError("not a profile: a number longer than 64 bits");
    }
    this.pos = pos;
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  protected number(): number {
    return this.high === 0 ? this.low : (this.high | 0) * TWO32 + this.low;
  }

  protected uint64(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  protected int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  protected skip(end: number): void {
    switch (this.wire) {
      case 0:
        this.varint(end);
        return;
      case 1:
        this.pos += 8;
        break;
      case 2:
        this.pos = this.message(end);
        break;
      case 5:
        this.pos += 4;
        break;
      default:
        throw new ProfileError("not a profile: unknown wire type");
    }
    if (this.pos > end) throw new ProfileError("profile is truncated");
  }
}
