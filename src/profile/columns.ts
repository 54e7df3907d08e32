/**
 * A profile as columns. One shape for every maker and every kind (goroutine, heap, CPU, mutex…), so that diff, call tree
 * and grouping are written once and run over typed arrays.
 *
 *     sample s   values[s*T .. s*T+T)            T = sampleTypes.length
 *                stack: locations[stackOffsets[s] .. stackOffsets[s+1])    leaf first
 *                labels: rows labelOffsets[s] .. labelOffsets[s+1]
 *     location l lines: rows lineOffsets[l] .. lineOffsets[l+1]            innermost inlined call first
 *     line       lineFunctions → function row (-1: unknown), lineNumbers
 *     function f functionNames[f], functionFiles[f] → strings
 *
 * Ids of the wire format are gone: everything refers to rows. Values are doubles: exact up to 2^53, rounded to the nearest
 * double beyond (no real counter gets there). Addresses keep all 64 bits as two halves. Times stay bigint nanoseconds.
 */
import { GrowableF64, GrowableI32, GrowableU32 } from "./growable.ts";

export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

export interface Mapping {
  readonly start: bigint;
  readonly limit: bigint;
  readonly offset: bigint;
  readonly file: string;
  readonly buildId: string;
  readonly hasFunctions: boolean;
  readonly hasFilenames: boolean;
  readonly hasLineNumbers: boolean;
  readonly hasInlineFrames: boolean;
}

export interface Profile {
  readonly sampleTypes: readonly ValueType[];
  /** The sample type to show when nobody says otherwise; index into `sampleTypes`. */
  readonly defaultType: number;
  readonly periodType: ValueType | null;
  readonly period: number;
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly comments: readonly string[];
  readonly docUrl: string;
  readonly dropFrames: string;
  readonly keepFrames: string;
  /** Row 0 is "". */
  readonly strings: readonly string[];
  readonly mappings: readonly Mapping[];

  readonly sampleCount: number;
  readonly values: Float64Array;
  readonly stackOffsets: Uint32Array;
  readonly locations: Uint32Array;
  readonly labelOffsets: Uint32Array;
  readonly labelKeys: Uint32Array;
  /** String row; 0 where the label is a number. */
  readonly labelStrings: Uint32Array;
  readonly labelNumbers: Float64Array;
  readonly labelUnits: Uint32Array;

  readonly locationCount: number;
  /** Row in `mappings`, -1 for none. */
  readonly locationMappings: Int32Array;
  readonly addressLow: Uint32Array;
  readonly addressHigh: Uint32Array;
  readonly locationFolded: Uint8Array;
  readonly lineOffsets: Uint32Array;
  readonly lineFunctions: Int32Array;
  readonly lineNumbers: Int32Array;
  readonly lineColumns: Int32Array;

  readonly functionCount: number;
  readonly functionNames: Uint32Array;
  readonly functionSystemNames: Uint32Array;
  readonly functionFiles: Uint32Array;
  readonly functionStartLines: Int32Array;
}

export interface Label {
  readonly key: string;
  /** Empty where the label is numeric. */
  readonly text: string;
  readonly number: number;
  readonly unit: string;
}

/** One frame of a stack, resolved. `file` is "" and `line` 0 where the profile does not know them. */
export interface Frame {
  readonly func: string;
  readonly file: string;
  readonly line: number;
}

export function addressOf(p: Profile, location: number): bigint {
  return (BigInt(p.addressHigh[location]) << 32n) | BigInt(p.addressLow[location]);
}

export function labelsOf(p: Profile, sample: number): Label[] {
  const out: Label[] = [];
  for (let i = p.labelOffsets[sample]; i < p.labelOffsets[sample + 1]; i++) {
    out.push({
      key: p.strings[p.labelKeys[i]],
      text: p.strings[p.labelStrings[i]],
      number: p.labelNumbers[i],
      unit: p.strings[p.labelUnits[i]],
    });
  }
  return out;
}

/** The frames of one sample, leaf first, inlined calls spread out; a location without lines shows as its address. */
export function framesOf(p: Profile, sample: number): Frame[] {
  const out: Frame[] = [];
  for (let i = p.stackOffsets[sample]; i < p.stackOffsets[sample + 1]; i++) pushFrames(p, p.locations[i], out);
  return out;
}

export function pushFrames(p: Profile, location: number, out: Frame[]): void {
  const from = p.lineOffsets[location];
  const to = p.lineOffsets[location + 1];
  if (from === to) {
    out.push({ func: nameAddress(p, location), file: "", line: 0 });
    return;
  }
  for (let i = from; i < to; i++) {
    const f = p.lineFunctions[i];
    out.push(
      f < 0
        ? { func: nameAddress(p, location), file: "", line: p.lineNumbers[i] }
        : { func: p.strings[p.functionNames[f]], file: p.strings[p.functionFiles[f]], line: p.lineNumbers[i] },
    );
  }
}

/** `0x4a31f0 (libc.so.6)`: how an unsymbolised place is called, the same way everywhere. */
export function nameAddress(p: Profile, location: number): string {
  const mapping = p.locationMappings[location];
  const file = mapping >= 0 ? p.mappings[mapping].file : "";
  const base = file.slice(file.lastIndexOf("/") + 1);
  return `0x${addressOf(p, location).toString(16)}${base ? ` (${base})` : ""}`;
}

/** The sample type of that name, or -1. */
export function typeIndex(p: Profile, type: string): number {
  return p.sampleTypes.findIndex((t) => t.type === type);
}

/** Sum of one value column. */
export function total(p: Profile, type: number): number {
  let sum = 0;
  const width = p.sampleTypes.length;
  for (let i = type; i < p.values.length; i += width) sum += p.values[i];
  return sum;
}

/** Builds columns row by row: for the text readers, merges and tests. Functions, locations and strings are interned. */
export class ProfileBuilder {
  private readonly strings: string[] = [""];
  private readonly stringRows = new Map<string, number>([["", 0]]);
  private readonly functionRows = new Map<string, number>();
  private readonly locationRows = new Map<string, number>();
  private readonly values = new GrowableF64();
  private readonly stackOffsets = new GrowableU32();
  private readonly locations = new GrowableU32();
  private readonly labelOffsets = new GrowableU32();
  private readonly labelKeys = new GrowableU32();
  private readonly labelStrings = new GrowableU32();
  private readonly labelNumbers = new GrowableF64();
  private readonly labelUnits = new GrowableU32();
  private readonly locationMappings = new GrowableI32();
  private readonly addressLow = new GrowableU32();
  private readonly addressHigh = new GrowableU32();
  private readonly lineOffsets = new GrowableU32();
  private readonly lineFunctions = new GrowableI32();
  private readonly lineNumbers = new GrowableI32();
  private readonly functionNames = new GrowableU32();
  private readonly functionFiles = new GrowableU32();
  readonly mappings: Mapping[] = [];
  defaultType = 0;
  periodType: ValueType | null = null;
  period = 0;
  timeNanos = 0n;
  durationNanos = 0n;
  private samples = 0;
  private readonly types: readonly ValueType[];

  constructor(types: readonly ValueType[]) {
    this.types = types;
  }

  string(text: string): number {
    let row = this.stringRows.get(text);
    if (row === undefined) {
      row = this.strings.length;
      this.strings.push(text);
      this.stringRows.set(text, row);
    }
    return row;
  }

  private function(name: string, file: string): number {
    const n = this.string(name);
    const f = this.string(file);
    const key = `${n} ${f}`;
    let row = this.functionRows.get(key);
    if (row === undefined) {
      row = this.functionNames.length;
      this.functionNames.push(n);
      this.functionFiles.push(f);
      this.functionRows.set(key, row);
    }
    return row;
  }

  /** A place known by name; equal frames share one row. */
  frame(name: string, file: string, line: number): number {
    const f = this.function(name, file);
    const key = `f${f}:${line}`;
    let row = this.locationRows.get(key);
    if (row === undefined) {
      row = this.newLocation(0n, -1);
      this.lineFunctions.push(f);
      this.lineNumbers.push(line);
      this.locationRows.set(key, row);
    }
    return row;
  }

  /** A place known only by its address. */
  address(address: bigint, mapping = -1): number {
    const key = `a${address}`;
    let row = this.locationRows.get(key);
    if (row === undefined) {
      row = this.newLocation(address, mapping);
      this.locationRows.set(key, row);
    }
    return row;
  }

  /** A place with any number of lines (innermost first) under a key of the caller's choice. */
  location(key: string, address: bigint, mapping: number, lines: readonly Frame[]): number {
    let row = this.locationRows.get(key);
    if (row === undefined) {
      row = this.newLocation(address, mapping);
      for (const { func, file, line } of lines) {
        this.lineFunctions.push(this.function(func, file));
        this.lineNumbers.push(line);
      }
      this.locationRows.set(key, row);
    }
    return row;
  }

  private newLocation(address: bigint, mapping: number): number {
    this.lineOffsets.push(this.lineFunctions.length);
    this.locationMappings.push(mapping);
    this.addressLow.push(Number(address & 0xffffffffn));
    this.addressHigh.push(Number((address >> 32n) & 0xffffffffn));
    return this.lineOffsets.length - 1;
  }

  /** Gives every place its mapping, once the mappings are known (texts list them last). */
  placeAddresses(): void {
    for (let l = 0; l < this.locationMappings.length; l++) {
      const address = (BigInt(this.addressHigh.data[l]) << 32n) | BigInt(this.addressLow.data[l]);
      if (address !== 0n)
        this.locationMappings.data[l] = this.mappings.findIndex((m) => address >= m.start && address < m.limit);
    }
  }

  /** `stack` holds location rows, leaf first; `values` one number per sample type. */
  sample(stack: ArrayLike<number>, values: ArrayLike<number>, labels: readonly Label[] = []): void {
    this.stackOffsets.push(this.locations.length);
    this.labelOffsets.push(this.labelKeys.length);
    for (let i = 0; i < stack.length; i++) this.locations.push(stack[i]);
    for (let t = 0; t < this.types.length; t++) this.values.push(values[t] ?? 0);
    for (const l of labels) {
      this.labelKeys.push(this.string(l.key));
      this.labelStrings.push(this.string(l.text));
      this.labelNumbers.push(l.number);
      this.labelUnits.push(this.string(l.unit));
    }
    this.samples++;
  }

  done(): Profile {
    this.stackOffsets.push(this.locations.length);
    this.labelOffsets.push(this.labelKeys.length);
    this.lineOffsets.push(this.lineFunctions.length);
    const functionNames = this.functionNames.done();
    const locationCount = this.lineOffsets.length - 1;
    return {
      sampleTypes: this.types,
      defaultType: this.defaultType,
      periodType: this.periodType,
      period: this.period,
      timeNanos: this.timeNanos,
      durationNanos: this.durationNanos,
      comments: [],
      docUrl: "",
      dropFrames: "",
      keepFrames: "",
      strings: this.strings,
      mappings: this.mappings,
      sampleCount: this.samples,
      values: this.values.done(),
      stackOffsets: this.stackOffsets.done(),
      locations: this.locations.done(),
      labelOffsets: this.labelOffsets.done(),
      labelKeys: this.labelKeys.done(),
      labelStrings: this.labelStrings.done(),
      labelNumbers: this.labelNumbers.done(),
      labelUnits: this.labelUnits.done(),
      locationCount,
      locationMappings: this.locationMappings.done(),
      addressLow: this.addressLow.done(),
      addressHigh: this.addressHigh.done(),
      locationFolded: new Uint8Array(locationCount),
      lineOffsets: this.lineOffsets.done(),
      lineFunctions: this.lineFunctions.done(),
      lineNumbers: this.lineNumbers.done(),
      lineColumns: new Int32Array(this.lineFunctions.length),
      functionCount: functionNames.length,
      functionNames,
      functionSystemNames: functionNames,
      functionFiles: this.functionFiles.done(),
      functionStartLines: new Int32Array(functionNames.length),
    };
  }
}
