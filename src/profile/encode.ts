/** Columns back to profile.proto (uncompressed), for bundles that change a profile and for tests. Values must be whole numbers. */
import { addressOf, type Profile } from "./columns.ts";

class Writer {
  private buf = new Uint8Array(1 << 16);
  length = 0;

  private room(n: number): void {
    if (this.length + n <= this.buf.length) return;
    const next = new Uint8Array(Math.max(this.buf.length * 2, this.length + n));
    next.set(this.buf.subarray(0, this.length));
    this.buf = next;
  }

  varint(value: number): void {
    this.room(10);
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) {
      this.bigint(BigInt(value));
      return;
    }
    let v = value;
    while (v >= 0x80) {
      this.buf[this.length++] = (v % 0x80) | 0x80;
      v = Math.floor(v / 0x80);
    }
    this.buf[this.length++] = v;
  }

  bigint(value: bigint): void {
    this.room(10);
    let v = BigInt.asUintN(64, value);
    while (v >= 0x80n) {
      this.buf[this.length++] = Number(v & 0x7fn) | 0x80;
      v >>= 7n;
    }
    this.buf[this.length++] = Number(v);
  }

  scalar(field: number, value: number): void {
    if (value === 0) return;
    this.varint(field << 3);
    this.varint(value);
  }

  wide(field: number, value: bigint): void {
    if (value === 0n) return;
    this.varint(field << 3);
    this.bigint(value);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(bytes.length);
    this.room(bytes.length);
    this.buf.set(bytes, this.length);
    this.length += bytes.length;
  }

  message(field: number, fill: (w: Writer) => void): void {
    const inner = spare.pop() ?? new Writer();
    inner.length = 0;
    fill(inner);
    this.bytes(field, inner.view());
    spare.push(inner);
  }

  view(): Uint8Array {
    return this.buf.subarray(0, this.length);
  }
}

const spare: Writer[] = [];

export function encodePprof(p: Profile): Uint8Array {
  const w = new Writer();
  const strings = p.strings.slice();
  const rows = new Map<string, number>();
  strings.forEach((s, i) => {
    if (!rows.has(s)) rows.set(s, i);
  });
  const row = (text: string): number => {
    let r = rows.get(text);
    if (r === undefined) {
      r = strings.length;
      strings.push(text);
      rows.set(text, r);
    }
    return r;
  };
  const type = (field: number, t: { type: string; unit: string }): void =>
    w.message(field, (m) => {
      m.scalar(1, row(t.type));
      m.scalar(2, row(t.unit));
    });
  for (const t of p.sampleTypes) type(1, t);
  const width = p.sampleTypes.length;
  for (let s = 0; s < p.sampleCount; s++)
    w.message(2, (m) => {
      m.message(1, (ids) => {
        for (let i = p.stackOffsets[s]; i < p.stackOffsets[s + 1]; i++) ids.varint(p.locations[i] + 1);
      });
      m.message(2, (values) => {
        for (let t = 0; t < width; t++) values.varint(Math.trunc(p.values[s * width + t]));
      });
      for (let l = p.labelOffsets[s]; l < p.labelOffsets[s + 1]; l++)
        m.message(3, (label) => {
          label.scalar(1, p.labelKeys[l]);
          label.scalar(2, p.labelStrings[l]);
          label.scalar(3, p.labelNumbers[l]);
          label.scalar(4, p.labelUnits[l]);
        });
    });
  p.mappings.forEach((mapping, i) =>
    w.message(3, (m) => {
      m.scalar(1, i + 1);
      m.wide(2, mapping.start);
      m.wide(3, mapping.limit);
      m.wide(4, mapping.offset);
      m.scalar(5, row(mapping.file));
      m.scalar(6, row(mapping.buildId));
      m.scalar(7, Number(mapping.hasFunctions));
      m.scalar(8, Number(mapping.hasFilenames));
      m.scalar(9, Number(mapping.hasLineNumbers));
      m.scalar(10, Number(mapping.hasInlineFrames));
    }),
  );
  for (let l = 0; l < p.locationCount; l++)
    w.message(4, (m) => {
      m.scalar(1, l + 1);
      m.scalar(2, p.locationMappings[l] + 1);
      m.wide(3, addressOf(p, l));
      for (let i = p.lineOffsets[l]; i < p.lineOffsets[l + 1]; i++)
        m.message(4, (line) => {
          line.scalar(1, p.lineFunctions[i] + 1);
          line.scalar(2, p.lineNumbers[i]);
          line.scalar(3, p.lineColumns[i]);
        });
      m.scalar(5, p.locationFolded[l]);
    });
  for (let f = 0; f < p.functionCount; f++)
    w.message(5, (m) => {
      m.scalar(1, f + 1);
      m.scalar(2, p.functionNames[f]);
      m.scalar(3, p.functionSystemNames[f]);
      m.scalar(4, p.functionFiles[f]);
      m.scalar(5, p.functionStartLines[f]);
    });
  const defaultRow = p.sampleTypes[p.defaultType] === undefined ? 0 : row(p.sampleTypes[p.defaultType].type);
  const comments = p.comments.map(row);
  w.scalar(7, row(p.dropFrames));
  w.scalar(8, row(p.keepFrames));
  w.wide(9, p.timeNanos);
  w.wide(10, p.durationNanos);
  if (p.periodType !== null) type(11, p.periodType);
  w.scalar(12, p.period);
  for (const c of comments) {
    w.varint(13 << 3);
    w.varint(c);
  }
  w.scalar(14, defaultRow);
  w.scalar(15, row(p.docUrl));
  const utf8 = new TextEncoder();
  for (const s of strings) w.bytes(6, utf8.encode(s));
  return w.view().slice();
}

/** Label values replaced by tokens; equal values get equal tokens, so that grouping by label still works. */
export function redactLabels(p: Profile, token: (value: string) => string): Profile {
  const strings = p.strings.slice();
  const rows = new Map<number, number>();
  const labelStrings = p.labelStrings.map((row) => {
    if (row === 0) return 0;
    let to = rows.get(row);
    if (to === undefined) {
      to = strings.length;
      strings.push(token(p.strings[row]));
      rows.set(row, to);
    }
    return to;
  });
  // The values themselves must go, unless a function or file bears the same name.
  const used = new Set<number>([
    ...p.functionNames,
    ...p.functionSystemNames,
    ...p.functionFiles,
    ...p.labelKeys,
    ...p.labelUnits,
  ]);
  for (const row of rows.keys()) if (!used.has(row)) strings[row] = "";
  return { ...p, strings, labelStrings };
}
