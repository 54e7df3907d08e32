/** What a profile.proto says, row by row as it was read, and what becomes of it when all of it is there. */
import type { Mapping, Profile, ValueType } from "./columns.ts";
import { ProfileError } from "./errors.ts";
import { GrowableF64, GrowableI32, GrowableU32 } from "./growable.ts";
import { RowIndex } from "./id-rows.ts";
import { decodeStrings } from "./strings.ts";

/** A mapping whose names are still rows of the string table. */
export interface RawMapping extends Omit<Mapping, "file" | "buildId"> {
  readonly file: number;
  readonly buildId: number;
}

/**
 * Columns in the making. Rows name each other by the ids of IdNames and strings by their number, since what is named may come
 * later in the file: `resolve` turns both into what they mean, once.
 */
export class RawProfile {
  /** Type and unit, as string rows. */
  readonly sampleTypes: [number, number][] = [];
  readonly mappings: RawMapping[] = [];
  readonly mappingNames = new GrowableU32();
  readonly comments: number[] = [];
  periodType: [number, number] | null = null;
  period = 0;
  timeNanos = 0n;
  durationNanos = 0n;
  defaultType = 0;
  docUrl = 0;
  dropFrames = 0;
  keepFrames = 0;

  readonly values: GrowableF64;
  readonly valueOffsets = new GrowableU32();
  readonly stackOffsets = new GrowableU32();
  readonly locationNames: GrowableU32;
  readonly labelOffsets = new GrowableU32();
  readonly labelKeys = new GrowableU32();
  readonly labelStrings = new GrowableU32();
  readonly labelNumbers = new GrowableF64();
  readonly labelUnits = new GrowableU32();
  readonly locIdNames = new GrowableU32();
  readonly locMappingNames = new GrowableU32();
  readonly addressLow = new GrowableU32();
  readonly addressHigh = new GrowableU32();
  readonly folded = new GrowableU32();
  readonly lineOffsets = new GrowableU32();
  readonly lineFunctionNames = new GrowableU32();
  readonly lineNumbers = new GrowableI32();
  readonly lineColumns = new GrowableI32();
  readonly funcIdNames = new GrowableU32();
  readonly functionNames = new GrowableU32();
  readonly functionSystemNames = new GrowableU32();
  readonly functionFiles = new GrowableU32();
  readonly functionStartLines = new GrowableI32();
  readonly stringStarts = new GrowableU32();
  readonly stringEnds = new GrowableU32();

  /** For a file of so many bytes. */
  constructor(size: number) {
    // A guess that saves most of the doubling: heap profiles spend about two bytes per location reference.
    this.locationNames = new GrowableU32(Math.max(64, size >> 2));
    this.values = new GrowableF64(Math.max(64, size >> 6));
  }

  /** The profile, of whose file these are the bytes. To be called once, at the end. Throws ProfileError where it names what it does not hold. */
  resolve(bytes: Uint8Array): Profile {
    if (this.stringStarts.length === 0) throw new ProfileError("not a profile: no string table");
    this.stackOffsets.push(this.locationNames.length);
    this.labelOffsets.push(this.labelKeys.length);
    this.lineOffsets.push(this.lineFunctionNames.length);
    const strings = decodeStrings(bytes, this.stringStarts.data, this.stringEnds.data, this.stringStarts.length);
    const text = (row: number): string => {
      const s = strings[row];
      if (s === undefined) throw new ProfileError(`profile names string ${row} of ${strings.length}`);
      return s;
    };
    const type = ([t, u]: [number, number]): ValueType => ({ type: text(t), unit: text(u) });
    const sampleTypes = this.sampleTypes.map(type);
    const width = sampleTypes.length;
    const samples = this.valueOffsets.length;
    this.checkValues(width, samples);

    const locationIndex = new RowIndex(this.locIdNames, "location");
    const functionIndex = new RowIndex(this.funcIdNames, "function");
    const mappingIndex = new RowIndex(this.mappingNames, "mapping");
    const locations = this.locationNames.data.subarray(0, this.locationNames.length);
    for (let i = 0; i < locations.length; i++) {
      const row = locationIndex.row(locations[i]);
      if (row < 0) throw new ProfileError(`a sample names location ${locations[i]}, which the profile does not hold`);
      locations[i] = row;
    }
    const lineFunctions = functionIndex.rows(this.lineFunctionNames, "a line");
    const locationMappings = mappingIndex.rows(this.locMappingNames, "a location");
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
    const defaultName = this.defaultType > 0 ? text(this.defaultType) : "";
    const named = sampleTypes.findIndex((t) => t.type === defaultName);
    const locationColumn = this.locationNames.done();
    return {
      sampleTypes,
      // As pprof does: the last type where the profile does not say (inuse_space of a heap profile).
      defaultType: named >= 0 ? named : Math.max(0, width - 1),
      periodType: this.periodType === null ? null : type(this.periodType),
      period: this.period,
      timeNanos: this.timeNanos,
      durationNanos: this.durationNanos,
      comments: this.comments.map(text),
      docUrl: text(this.docUrl),
      dropFrames: text(this.dropFrames),
      keepFrames: text(this.keepFrames),
      strings,
      mappings: this.mappings.map((m): Mapping => ({ ...m, file: text(m.file), buildId: text(m.buildId) })),
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
}

function checkStringRows(column: GrowableU32, count: number): void {
  for (let i = 0; i < column.length; i++)
    if (column.data[i] >= count) throw new ProfileError(`profile names string ${column.data[i]} of ${count}`);
}
