/**
 * profile.proto, decoded in one pass into columns. Format: https://github.com/google/pprof/blob/main/proto/profile.proto
 *
 * Hand-written because it is the hot path: one walk over the bytes, no object per sample, location or line. It accepts
 * packed and unpacked repeats in one file (Go packs only from three values on), ids of all 64 bits, strings after their
 * use (Go writes the string table last), and unknown fields. It refuses what Go's own reader refuses: truncated messages,
 * samples whose values do not match the sample types, references to ids or strings that do not exist, and two profiles one
 * after the other.
 */
import type { Profile } from "./columns.ts";
import { ProfileError } from "./errors.ts";
import { IdNames } from "./id-rows.ts";
import { type RawMapping, RawProfile } from "./raw-profile.ts";
import { WireReader } from "./wire.ts";

/** Decodes an uncompressed profile.proto. Throws ProfileError. Time and memory are linear in the bytes. */
export function decodePprof(bytes: Uint8Array): Profile {
  return new Decoder(bytes).decode();
}

/** The messages of profile.proto, a method each. */
class Decoder extends WireReader {
  private readonly raw: RawProfile;
  private readonly locationIds = new IdNames();
  private readonly functionIds = new IdNames();
  private readonly mappingIds = new IdNames();

  constructor(buf: Uint8Array) {
    super(buf);
    this.raw = new RawProfile(buf.length);
  }

  decode(): Profile {
    const { buf, raw } = this;
    const end = buf.length;
    if (end === 0) throw new ProfileError("profile is empty");
    while (this.pos < end) {
      const field = this.key(end);
      switch (field) {
        case 1:
          raw.sampleTypes.push(this.valueType(this.message(end)));
          break;
        case 2:
          this.sample(this.message(end));
          break;
        case 3:
          raw.mappings.push(this.mapping(this.message(end)));
          break;
        case 4:
          this.location(this.message(end));
          break;
        case 5:
          this.function(this.message(end));
          break;
        case 6: {
          const stop = this.message(end);
          if (raw.stringStarts.length === 0 && stop !== this.pos)
            throw new ProfileError("profile's string table does not begin with the empty string");
          raw.stringStarts.push(this.pos);
          raw.stringEnds.push(stop);
          this.pos = stop;
          break;
        }
        case 7:
          raw.dropFrames = this.index(end);
          break;
        case 8:
          raw.keepFrames = this.index(end);
          break;
        case 9:
          this.scalar(end);
          if (raw.timeNanos !== 0n) throw new ProfileError("two profiles one after the other: give them as two files");
          raw.timeNanos = this.int64();
          break;
        case 10:
          this.scalar(end);
          raw.durationNanos = this.int64();
          break;
        case 11:
          raw.periodType = this.valueType(this.message(end));
          break;
        case 12:
          this.scalar(end);
          raw.period = this.number();
          break;
        case 13:
          if (this.wire === 2) {
            const stop = this.message(end);
            while (this.pos < stop) {
              this.varint(stop);
              raw.comments.push(this.stringRow());
            }
          } else raw.comments.push(this.index(end));
          break;
        case 14:
          raw.defaultType = this.index(end);
          break;
        case 15:
          raw.docUrl = this.index(end);
          break;
        default:
          this.skip(end);
      }
    }
    return raw.resolve(buf);
  }

  private sample(end: number): void {
    const { buf, raw } = this;
    raw.valueOffsets.push(raw.values.length);
    raw.stackOffsets.push(raw.locationNames.length);
    raw.labelOffsets.push(raw.labelKeys.length);
    while (this.pos < end) {
      switch (this.key(end)) {
        case 1: {
          if (this.wire !== 2) {
            this.scalar(end);
            raw.locationNames.push(this.name(this.locationIds));
            break;
          }
          const stop = this.message(end);
          // The hottest loop of a heap profile: thirty of these per sample.
          while (this.pos < stop) {
            const b = buf[this.pos];
            if (b < 0x80) {
              this.pos++;
              raw.locationNames.push(b);
              continue;
            }
            const c = this.pos + 1 < stop ? buf[this.pos + 1] : 0x80;
            if (c < 0x80) {
              this.pos += 2;
              raw.locationNames.push((b & 0x7f) | (c << 7));
              continue;
            }
            this.varint(stop);
            raw.locationNames.push(this.name(this.locationIds));
          }
          break;
        }
        case 2: {
          if (this.wire !== 2) {
            this.scalar(end);
            raw.values.push(this.number());
            break;
          }
          const stop = this.message(end);
          while (this.pos < stop) {
            this.varint(stop);
            raw.values.push(this.number());
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
    this.raw.labelKeys.push(key);
    this.raw.labelStrings.push(text);
    this.raw.labelNumbers.push(number);
    this.raw.labelUnits.push(unit);
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

  private mapping(end: number): RawMapping {
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
    this.raw.mappingNames.push(name);
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
    this.raw.lineOffsets.push(this.raw.lineFunctionNames.length);
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
    this.raw.locIdNames.push(name);
    this.raw.locMappingNames.push(mapping);
    this.raw.addressLow.push(low);
    this.raw.addressHigh.push(high);
    this.raw.folded.push(folded);
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
    this.raw.lineFunctionNames.push(func);
    this.raw.lineNumbers.push(line);
    this.raw.lineColumns.push(column);
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
    this.raw.funcIdNames.push(id);
    this.raw.functionNames.push(name);
    this.raw.functionSystemNames.push(systemName);
    this.raw.functionFiles.push(file);
    this.raw.functionStartLines.push(startLine);
  }
}
