/**
 * profile.proto, decoded in one pass into columns. Format: https://github.com/google/pprof/blob/main/proto/profile.proto
 *
 * Hand-written because it is the hot path: one walk over the bytes, no object per sample, location or line. It accepts
 * packed and unpacked repeats in one file (Go packs only from three values on), ids of all 64 bits, strings after their
 * use (Go writes the string table last), and unknown fields. It refuses what Go's own reader refuses: truncated messages,
 * samples whose values do not match the sample types, references to ids or strings that do not exist, and two profiles one
 * after the other.
 */
import type { Mapping, Profile, ValueType } from "./columns.ts";
import { ProfileError } from "./errors.ts";
import { GrowableF64, GrowableI32, GrowableU32 } from "./growable.ts";
import { decodeStrings } from "./strings.ts";

const TWO32 = 4294967296;

/** Decodes an uncompressed profile.proto. Throws ProfileError. Time and memory are linear in the bytes. */
export function decodePprof(bytes: Uint8Array): Profile {
  return new Decoder(bytes).decode();
}

/**
 * Wire ids to a 32-bit name: small ids stand for themselves, the rest (2^31 and up, all 64 bits) are numbered as they come.
 * Samples may name locations before the locations arrive, so the naming must not depend on which comes first.
 */
class IdNames {
  private readonly wide = new Map<bigint, number>();

  wideName(low: number, high: number): number {
    const id = (BigInt(high) << 32n) | BigInt(low);
    let k = this.wide.get(id);
    if (k === undefined) {
      k = this.wide.size;
      this.wide.set(id, k);
    }
    return (0x80000000 | k) >>> 0;
  }
}

/** From id names to rows. Dense ids (all real makers) go through an array, sparse ones through a map. */
class RowIndex {
  private readonly dense: Int32Array | null;
  private readonly sparse: Map<number, number> | null;

  constructor(names: GrowableU32, what: string) {
    let max = 0;
    for (let i = 0; i < names.length; i++) if (names.data[i] > max) max = names.data[i];
    if (max <= names.length * 8 + 1024) {
      const dense = new Int32Array(max + 1).fill(-1);
      for (let i = 0; i < names.length; i++) {
        const name = names.data[i];
        if (dense[name] >= 0) throw new ProfileError(`profile has two ${what}s with id ${name}`);
        dense[name] = i;
      }
      this.dense = dense;
      this.sparse = null;
    } else {
      const sparse = new Map<number, number>();
      for (let i = 0; i < names.length; i++) {
        if (sparse.has(names.data[i])) throw new ProfileError(`profile has two ${what}s with one id`);
        sparse.set(names.data[i], i);
      }
      this.dense = null;
      this.sparse = sparse;
    }
  }

  /** -1 where there is no such row. */
  row(name: number): number {
    if (this.dense !== null) return name < this.dense.length ? this.dense[name] : -1;
    return this.sparse?.get(name) ?? -1;
  }
}

class Decoder {
  private readonly buf: Uint8Array;
  private pos = 0;
  // The last varint read, as two halves.
  private low = 0;
  private high = 0;
  // The last key's wire type: the field number is what `key` returns.
  private wire = 0;

  private readonly values: GrowableF64;
  private readonly valueOffsets = new GrowableU32();
  private readonly stackOffsets = new GrowableU32();
  private readonly locationNames: GrowableU32;
  private readonly locationIds = new IdNames();
  private readonly functionIds = new IdNames();
  private readonly mappingIds = new IdNames();
  private readonly labelOffsets = new GrowableU32();
  private readonly labelKeys = new GrowableU32();
  private readonly labelStrings = new GrowableU32();
  private readonly labelNumbers = new GrowableF64();
  private readonly labelUnits = new GrowableU32();
  private readonly locIdNames = new GrowableU32();
  private readonly locMappingNames = new GrowableU32();
  private readonly addressLow = new GrowableU32();
  private readonly addressHigh = new GrowableU32();
  private readonly folded = new GrowableU32();
  private readonly lineOffsets = new GrowableU32();
  private readonly lineFunctionNames = new GrowableU32();
  private readonly lineNumbers = new GrowableI32();
  private readonly lineColumns = new GrowableI32();
  private readonly funcIdNames = new GrowableU32();
  private readonly functionNames = new GrowableU32();
  private readonly functionSystemNames = new GrowableU32();
  private readonly functionFiles = new GrowableU32();
  private readonly functionStartLines = new GrowableI32();
  private readonly stringStarts = new GrowableU32();
  private readonly stringEnds = new GrowableU32();

  constructor(buf: Uint8Array) {
    this.buf = buf;
    // A guess that saves most of the doubling: heap profiles spend about two bytes per location reference.
    this.locationNames = new GrowableU32(Math.max(64, buf.length >> 2));
    this.values = new GrowableF64(Math.max(64, buf.length >> 6));
  }

  decode(): Profile {
    const { buf } = this;
    const end = buf.length;
    if (end === 0) throw new ProfileError("profile is empty");
    const sampleTypeRows: [number, number][] = [];
    const mappingRows: RawMapping[] = [];
    const mappingNames = new GrowableU32();
    const comments: number[] = [];
    let periodType: [number, number] | null = null;
    let period = 0;
    let timeNanos = 0n;
    let durationNanos = 0n;
    let defaultType = 0;
    let docUrl = 0;
    let dropFrames = 0;
    let keepFrames = 0;
    while (this.pos < end) {
      const field = this.key(end);
      switch (field) {
        case 1:
          sampleTypeRows.push(this.valueType(this.message(end)));
          break;
        case 2:
          this.sample(this.message(end));
          break;
        case 3:
          mappingRows.push(this.mapping(this.message(end), mappingNames));
          break;
        case 4:
          this.location(this.message(end));
          break;
        case 5:
          this.function(this.message(end));
          break;
        case 6: {
          const stop = this.message(end);
          if (this.stringStarts.length === 0 && stop !== this.pos)
            throw new ProfileError("profile's string table does not begin with the empty string");
          this.stringStarts.push(this.pos);
          this.stringEnds.push(stop);
          this.pos = stop;
          break;
        }
        case 7:
          dropFrames = this.index(end);
          break;
        case 8:
          keepFrames = this.index(end);
          break;
        case 9:
          this.scalar(end);
          if (timeNanos !== 0n) throw new ProfileError("two profiles one after the other: give them as two files");
          timeNanos = this.int64();
          break;
        case 10:
          this.scalar(end);
          durationNanos = this.int64();
          break;
        case 11:
          periodType = this.valueType(this.message(end));
          break;
        case 12:
          this.scalar(end);
          period = this.number();
          break;
        case 13:
          if (this.wire === 2) {
            const stop = this.message(end);
            while (this.pos < stop) {
              this.varint(stop);
              comments.push(this.stringRow());
            }
          } else comments.push(this.index(end));
          break;
        case 14:
          defaultType = this.index(end);
          break;
        case 15:
          docUrl = this.index(end);
          break;
        default:
          this.skip(end);
      }
    }
    if (this.stringStarts.length === 0) throw new ProfileError("not a profile: no string table");
    this.stackOffsets.push(this.locationNames.length);
    this.labelOffsets.push(this.labelKeys.length);
    this.lineOffsets.push(this.lineFunctionNames.length);
    const strings = decodeStrings(buf, this.stringStarts.data, this.stringEnds.data, this.stringStarts.length);
    const text = (row: number): string => {
      const s = strings[row];
      if (s === undefined) throw new ProfileError(`profile names string ${row} of ${strings.length}`);
      return s;
    };
    const type = ([t, u]: [number, number]): ValueType => ({ type: text(t), unit: text(u) });
    const sampleTypes = sampleTypeRows.map(type);
    const width = sampleTypes.length;
    const samples = this.valueOffsets.length;
    this.checkValues(width, samples);

    const locationIndex = new RowIndex(this.locIdNames, "location");
    const functionIndex = new RowIndex(this.funcIdNames, "function");
    const mappingIndex = new RowIndex(mappingNames, "mapping");
    const locations = this.locationNames.data.subarray(0, this.locationNames.length);
    for (let i = 0; i < locations.length; i++) {
      const row = locationIndex.row(locations[i]);
      if (row < 0) throw new ProfileError(`a sample names location ${locations[i]}, which the profile does not hold`);
      locations[i] = row;
    }
    const lineFunctions = new Int32Array(this.lineFunctionNames.length);
    for (let i = 0; i < lineFunctions.length; i++) {
      const name = this.lineFunctionNames.data[i];
      const row = functionIndex.row(name);
      if (row < 0 && name !== 0)
        throw new ProfileError(`a line names function ${name}, which the profile does not hold`);
      lineFunctions[i] = row;
    }
    const locationMappings = new Int32Array(this.locMappingNames.length);
    for (let i = 0; i < locationMappings.length; i++) {
      const name = this.locMappingNames.data[i];
      const row = mappingIndex.row(name);
      if (row < 0 && name !== 0)
        throw new ProfileError(`a location names mapping ${name}, which the profile does not hold`);
      locationMappings[i] = row;
    }
    for (const column of [
      this.labelKeys,
      this.labelStrings,
      this.labelUnits,
      this.functionNames,
      this.functionSystemNames,
      this.functionFiles,
    ])
      checkStringRows(column, strings.length);
    const folded = new Uint8Array(this.folded.length);
    for (let i = 0; i < folded.length; i++) folded[i] = this.folded.data[i];
    const defaultName = defaultType > 0 ? text(defaultType) : "";
    const named = sampleTypes.findIndex((t) => t.type === defaultName);
    const locationColumn = this.locationNames.done();
    return {
      sampleTypes,
      // As pprof does: the last type where the profile does not say (inuse_space of a heap profile).
      defaultType: named >= 0 ? named : Math.max(0, width - 1),
      periodType: periodType === null ? null : type(periodType),
      period,
      timeNanos,
      durationNanos,
      comments: comments.map(text),
      docUrl: text(docUrl),
      dropFrames: text(dropFrames),
      keepFrames: text(keepFrames),
      strings,
      mappings: mappingRows.map((m): Mapping => ({ ...m, file: text(m.file), buildId: text(m.buildId) })),
      sampleCount: samples,
      values: this.values.done(),
      stackOffsets: this.stackOffsets.done(),
      locations: locationColumn,
      labelOffsets: this.labelOffsets.done(),
      labelKeys: this.labelKeys.done(),
      labelStrings: this.labelStrings.done(),
      labelNumbers: this.labelNumbers.done(),
      labelUnits: this.labelUnits.done(),
      locationCount: this.locIdNames.length,
      locationMappings,
      addressLow: this.addressLow.done(),
      addressHigh: this.addressHigh.done(),
      locationFolded: folded,
      lineOffsets: this.lineOffsets.done(),
      lineFunctions,
      lineNumbers: this.lineNumbers.done(),
      lineColumns: this.lineColumns.done(),
      functionCount: this.funcIdNames.length,
      functionNames: this.functionNames.done(),
      functionSystemNames: this.functionSystemNames.done(),
      functionFiles: this.functionFiles.done(),
      functionStartLines: this.functionStartLines.done(),
    };
  }

  private checkValues(width: number, samples: number): void {
    if (width === 0 && samples > 0) throw new ProfileError("profile has samples but no sample types");
    const offsets = this.valueOffsets;
    for (let s = 0; s < samples; s++) {
      const next = s + 1 < samples ? offsets.data[s + 1] : this.values.length;
      const has = next - offsets.data[s];
      if (has !== width) throw new ProfileError(`sample ${s} has ${has} values for ${width} sample types`);
    }
  }

  // ---- messages ----

  private sample(end: number): void {
    this.valueOffsets.push(this.values.length);
    this.stackOffsets.push(this.locationNames.length);
    this.labelOffsets.push(this.labelKeys.length);
    const { buf } = this;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1: {
          if (this.wire !== 2) {
            this.scalar(end);
            this.locationNames.push(this.name(this.locationIds));
            break;
          }
          const stop = this.message(end);
          // The hottest loop of a heap profile: thirty of these per sample.
          while (this.pos < stop) {
            const b = buf[this.pos];
            if (b < 0x80) {
              this.pos++;
              this.locationNames.push(b);
              continue;
            }
            const c = this.pos + 1 < stop ? buf[this.pos + 1] : 0x80;
            if (c < 0x80) {
              this.pos += 2;
              this.locationNames.push((b & 0x7f) | (c << 7));
              continue;
            }
            this.varint(stop);
            this.locationNames.push(this.name(this.locationIds));
          }
          break;
        }
        case 2: {
          if (this.wire !== 2) {
            this.scalar(end);
            this.values.push(this.number());
            break;
          }
          const stop = this.message(end);
          while (this.pos < stop) {
            this.varint(stop);
            this.values.push(this.number());
          }
          break;
        }
        case 3:
          this.label(this.message(end));
          break;
        default:
          this.skip(end);
      }
    }
  }

  private label(end: number): void {
    let key = 0;
    let text = 0;
    let number = 0;
    let unit = 0;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1:
          key = this.index(end);
          break;
        case 2:
          text = this.index(end);
          break;
        case 3:
          this.scalar(end);
          number = this.number();
          break;
        case 4:
          unit = this.index(end);
          break;
        default:
          this.skip(end);
      }
    }
    this.labelKeys.push(key);
    this.labelStrings.push(text);
    this.labelNumbers.push(number);
    this.labelUnits.push(unit);
  }

  private valueType(end: number): [number, number] {
    let type = 0;
    let unit = 0;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1:
          type = this.index(end);
          break;
        case 2:
          unit = this.index(end);
          break;
        default:
          this.skip(end);
      }
    }
    return [type, unit];
  }

  private mapping(end: number, names: GrowableU32): RawMapping {
    let name = 0;
    let start = 0n;
    let limit = 0n;
    let offset = 0n;
    let file = 0;
    let buildId = 0;
    let has = 0;
    while (this.pos < end) {
      const field = this.key(end);
      switch (field) {
        case 1:
          this.scalar(end);
          name = this.name(this.mappingIds);
          break;
        case 2:
          this.scalar(end);
          start = this.uint64();
          break;
        case 3:
          this.scalar(end);
          limit = this.uint64();
          break;
        case 4:
          this.scalar(end);
          offset = this.uint64();
          break;
        case 5:
          file = this.index(end);
          break;
        case 6:
          buildId = this.index(end);
          break;
        case 7:
        case 8:
        case 9:
        case 10:
          this.scalar(end);
          if (this.low !== 0 || this.high !== 0) has |= 1 << (field - 7);
          break;
        default:
          this.skip(end);
      }
    }
    if (name === 0) throw new ProfileError("profile has a mapping with id 0");
    names.push(name);
    return {
      start,
      limit,
      offset,
      file,
      buildId,
      hasFunctions: (has & 1) !== 0,
      hasFilenames: (has & 2) !== 0,
      hasLineNumbers: (has & 4) !== 0,
      hasInlineFrames: (has & 8) !== 0,
    };
  }

  private location(end: number): void {
    this.lineOffsets.push(this.lineFunctionNames.length);
    let name = 0;
    let mapping = 0;
    let low = 0;
    let high = 0;
    let folded = 0;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1:
          this.scalar(end);
          name = this.name(this.locationIds);
          break;
        case 2:
          this.scalar(end);
          mapping = this.name(this.mappingIds);
          break;
        case 3:
          this.scalar(end);
          low = this.low;
          high = this.high;
          break;
        case 4:
          this.line(this.message(end));
          break;
        case 5:
          this.scalar(end);
          folded = this.low !== 0 || this.high !== 0 ? 1 : 0;
          break;
        default:
          this.skip(end);
      }
    }
    if (name === 0) throw new ProfileError("profile has a location with id 0");
    this.locIdNames.push(name);
    this.locMappingNames.push(mapping);
    this.addressLow.push(low);
    this.addressHigh.push(high);
    this.folded.push(folded);
  }

  private line(end: number): void {
    let func = 0;
    let line = 0;
    let column = 0;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1:
          this.scalar(end);
          func = this.name(this.functionIds);
          break;
        case 2:
          this.scalar(end);
          line = this.number();
          break;
        case 3:
          this.scalar(end);
          column = this.number();
          break;
        default:
          this.skip(end);
      }
    }
    this.lineFunctionNames.push(func);
    this.lineNumbers.push(line);
    this.lineColumns.push(column);
  }

  private function(end: number): void {
    let id = 0;
    let name = 0;
    let systemName = 0;
    let file = 0;
    let startLine = 0;
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1:
          this.scalar(end);
          id = this.name(this.functionIds);
          break;
        case 2:
          name = this.index(end);
          break;
        case 3:
          systemName = this.index(end);
          break;
        case 4:
          file = this.index(end);
          break;
        case 5:
          this.scalar(end);
          startLine = this.number();
          break;
        default:
          this.skip(end);
      }
    }
    if (id === 0) throw new ProfileError("profile has a function with id 0");
    this.funcIdNames.push(id);
    this.functionNames.push(name);
    this.functionSystemNames.push(systemName);
    this.functionFiles.push(file);
    this.functionStartLines.push(startLine);
  }

  // ---- wire ----

  private key(end: number): number {
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
  private message(end: number): number {
    if (this.wire !== 2) throw new ProfileError("not a profile: wrong wire type");
    this.varint(end);
    const stop = this.pos + this.low;
    if (this.high !== 0 || stop > end) throw new ProfileError("profile is truncated");
    return stop;
  }

  private scalar(end: number): void {
    if (this.wire !== 0) throw new ProfileError("not a profile: wrong wire type");
    this.varint(end);
  }

  /** A scalar that is a string row. */
  private index(end: number): number {
    this.scalar(end);
    return this.stringRow();
  }

  private stringRow(): number {
    if (this.high !== 0 || this.low > 0x7fffffff) throw new ProfileError("profile names a string that does not exist");
    return this.low;
  }

  private name(ids: IdNames): number {
    return this.high === 0 && this.low < 0x80000000 ? this.low : ids.wideName(this.low, this.high);
  }

  private varint(end: number): void {
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

  private number(): number {
    return this.high === 0 ? this.low : (this.high | 0) * TWO32 + this.low;
  }

  private uint64(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low);
  }

  private int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  private skip(end: number): void {
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

interface RawMapping extends Omit<Mapping, "file" | "buildId"> {
  readonly file: number;
  readonly buildId: number;
}

function checkStringRows(column: GrowableU32, count: number): void {
  for (let i = 0; i < column.length; i++)
    if (column.data[i] >= count) throw new ProfileError(`profile names string ${column.data[i]} of ${count}`);
}
