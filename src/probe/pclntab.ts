/**
 * Addresses to functions and lines, from the table that every Go executable carries for its own tracebacks, stripped or not.
 * Layout of Go 1.18 (magic 0xfffffff0) and 1.20 and later (0xfffffff1), as read by debug/gosym:
 *
 *     header   magic u32, 0, 0, minLC u8, ptrSize u8, nfunc, nfiles, textStart, then offsets: names, cu, files, pctab, functab
 *     functab  nfunc × (entry offset u32, func offset u32), one more entry offset
 *     func     entry, name i32, args, deferreturn, pcsp, pcfile, pcln, npcdata, cuOffset, …
 *     pctab    per table: zig-zag varint value delta, varint pc delta, …, 0
 */
import { RandomReader } from "./buildinfo.ts";
import { ProbeError } from "./errors.ts";

export interface GoPlace {
  readonly func: string;
  readonly file: string;
  readonly line: number;
}

const SECTION_LIMIT = 256 << 20;

export class PcLineTable {
  private readonly data: Buffer;
  private readonly textStart: number;
  private readonly quantum: number;
  private readonly nfunc: number;
  private readonly names: number;
  private readonly cu: number;
  private readonly files: number;
  private readonly pctab: number;
  private readonly functab: number;
  private byName: Map<string, number> | null = null;
  /** No symbol table: tools that look functions up by name will not find them. */
  readonly stripped: boolean;
  /** Link-time address of the file's first byte; what a loader moves a position-independent executable by is counted from here. */
  readonly base: number;

  private constructor(data: Buffer, textStart: number, base: number, stripped: boolean) {
    this.data = data;
    this.base = base;
    this.stripped = stripped;
    this.textStart = textStart;
    this.quantum = data[6];
    const pointer = data[7];
    if (pointer !== 8 && pointer !== 4)
      throw new ProbeError("unsupported", "the executable's line table is of an unknown kind");
    const word = (i: number): number =>
      pointer === 8 ? Number(data.readBigUInt64LE(8 + i * 8)) : data.readUInt32LE(8 + i * 4);
    this.nfunc = word(0);
    this.names = word(3);
    this.cu = word(4);
    this.files = word(5);
    this.pctab = word(6);
    this.functab = word(7);
    if (this.functab + this.nfunc * 8 + 4 > data.length)
      throw new ProbeError("unsupported", "the executable's line table is damaged");
  }

  /** Little-endian ELF of Go 1.18 and later; null for anything else. */
  static open(path: string): PcLineTable | null {
    const file = new RandomReader(path);
    try {
      const head = file.read(0, 64);
      if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return null;
      const shoff = Number(head.readBigUInt64LE(40));
      const size = head.readUInt16LE(58);
      const count = Math.min(head.readUInt16LE(60), 512);
      const strings = head.readUInt16LE(62);
      const sections = file.read(shoff, size * count);
      if (size < 64 || (strings + 1) * size > sections.length) return null;
      const u64 = (o: number): number => Number(sections.readBigUInt64LE(o));
      const names = file.read(u64(strings * size + 24), Math.min(u64(strings * size + 32), 1 << 16));
      let stripped = true;
      let table: { offset: number; size: number } | null = null;
      let text = 0;
      for (let i = 0; i < count; i++) {
        const o = i * size;
        const at = sections.readUInt32LE(o);
        const name = names.toString("latin1", at, Math.max(at, names.indexOf(0, at)));
        if (sections.readUInt32LE(o + 4) === 2) stripped = false; // SHT_SYMTAB
        if (name === ".text") text = u64(o + 16);
        // Position-independent executables keep it among the relocated data.
        if (name === ".gopclntab" || name === ".data.rel.ro.gopclntab")
          table = { offset: u64(o + 24), size: u64(o + 32) };
      }
      if (table === null || table.size > SECTION_LIMIT) return null;
      const data = Buffer.concat(chunks(file, table.offset, table.size));
      const magic = data.length < 72 ? 0 : data.readUInt32LE(0);
      if (magic !== 0xfffffff0 && magic !== 0xfffffff1) return null;
      const segments = file.read(Number(head.readBigUInt64LE(32)), Math.min(head.readUInt16LE(56), 64) * 56);
      let base = 0;
      for (let o = 0; o + 56 <= segments.length; o += 56)
        if (segments.readUInt32LE(o) === 1 && segments.readBigUInt64LE(o + 8) === 0n)
          base = Number(segments.readBigUInt64LE(o + 16));
      return new PcLineTable(data, text, base, stripped);
    } catch (e) {
      if (e instanceof RangeError) return null;
      throw e;
    } finally {
      file.close();
    }
  }

  /** Where a link-time address lies; null outside Go code. For a return address ask for the byte before it. */
  lookup(pc: number): GoPlace | null {
    const offset = pc - this.textStart;
    const at = (i: number): number => this.data.readUInt32LE(this.functab + i * 8);
    if (offset < at(0) || offset >= at(this.nfunc)) return null;
    let lo = 0;
    let hi = this.nfunc;
    while (hi - lo > 1) {
      const mid = (lo + hi) >>> 1;
      if (at(mid) <= offset) lo = mid;
      else hi = mid;
    }
    try {
      const f = this.functab + this.data.readUInt32LE(this.functab + lo * 8 + 4);
      const func = this.text(this.names + this.data.readInt32LE(f + 4));
      const rel = offset - at(lo);
      const line = this.value(this.pctab + this.data.readUInt32LE(f + 24), rel);
      const fileNumber = this.value(this.pctab + this.data.readUInt32LE(f + 20), rel);
      const cu = this.data.readUInt32LE(f + 32);
      const fileAt =
        fileNumber < 0 || cu === 0xffffffff ? 0xffffffff : this.data.readUInt32LE(this.cu + (cu + fileNumber) * 4);
      return { func, file: fileAt === 0xffffffff ? "" : this.text(this.files + fileAt), line: Math.max(0, line) };
    } catch (e) {
      if (e instanceof RangeError) return null; // offsets that lead out of the table
      throw e;
    }
  }

  /** Link-time address of a function, or null: where uprobes go in stripped executables. */
  addressOf(name: string): number | null {
    if (this.byName === null) {
      this.byName = new Map();
      for (let i = 0; i < this.nfunc; i++) {
        const f = this.functab + this.data.readUInt32LE(this.functab + i * 8 + 4);
        if (f + 8 > this.data.length) continue;
        this.byName.set(
          this.text(this.names + this.data.readInt32LE(f + 4)),
          this.data.readUInt32LE(this.functab + i * 8),
        );
      }
    }
    const offset = this.byName.get(name);
    return offset === undefined ? null : offset + this.textStart;
  }

  private text(at: number): string {
    if (at < 0 || at >= this.data.length) return "";
    const end = this.data.indexOf(0, at);
    return this.data.toString("utf8", at, end < 0 ? at : Math.min(end, at + 4096));
  }

  private value(at: number, rel: number): number {
    let value = -1;
    let pc = 0;
    let p = at;
    const varint = (): number => {
      let v = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const b = this.data[p++];
        if (b === undefined) return 0;
        v |= (b & 0x7f) << shift;
        if (b < 0x80) break;
      }
      return v >>> 0;
    };
    for (let first = true; p < this.data.length; first = false) {
      const zigzag = varint();
      if (zigzag === 0 && !first) return -1;
      value += zigzag & 1 ? -(zigzag >>> 1) - 1 : zigzag >>> 1;
      pc += varint() * this.quantum;
      if (rel < pc) return value;
    }
    return -1;
  }
}

function chunks(file: RandomReader, offset: number, size: number): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < size; at += 32 << 20) out.push(file.read(offset + at, Math.min(32 << 20, size - at)));
  return out;
}
