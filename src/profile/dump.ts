/**
 * Full goroutine dumps (`/debug/pprof/goroutine?debug=2`, SIGQUIT, panics), also where they stand inside a log whose lines carry a
 * prefix. Header grammar by version (runtime/traceback.go goroutineheader; 1.18 to 1.27):
 *
 *     goroutine 7 [chan receive, 5 minutes, locked to thread]:
 *     goroutine 7 gp=0x… m=nil [select]:                                   1.23+, traceback level ≥ 2
 *     goroutine 7 [chan receive (leaked)] {req: 42, tenant: "acme corp"}:  1.26+ / 1.27
 *     main.f(0x1, {0x2, 0x3})        or main.f(...) where inlined
 *     \t/src/main.go:12 +0x1d
 *     ...20 frames elided...
 *     created by main.g in goroutine 1                                     "in goroutine" from 1.21 on
 *     \t/src/main.go:40 +0x59
 *     [originating from goroutine 1]:                                      GODEBUG=tracebackancestors
 *
 * The parser takes chunks and keeps the distinct frames and stacks once: a 64 MiB dump costs a few MB. Arguments are dropped.
 */
import { ProfileBuilder, type Label, type Profile } from "./columns.ts";
import { GrowableF64, GrowableI32, GrowableU32 } from "./growable.ts";
import { ByteInterner, SequenceInterner } from "./interner.ts";
import { parseHeaderLabels, parseStatus, type HeaderStatus } from "./dump-header.ts";

/** net/http/pprof and runtime/debug stop doubling their buffer here; what does not fit is dropped without a word, with HTTP 200. */
export const DUMP_LIMIT = 64 << 20;

/** Longest line kept; the rest of a longer one is dropped (a hostile "line" must not grow the carry without end). */
const LINE_LIMIT = 1 << 20;
const MAX_FRAMES = 1 << 16;

export interface GoroutineDump {
  readonly count: number;
  readonly ids: Float64Array;
  /** Row in `headers` of each goroutine. */
  readonly headerRows: Uint32Array;
  readonly headers: readonly HeaderStatus[];
  /** Row in `labelSets`; 0 is the empty set. */
  readonly labelRows: Uint32Array;
  readonly labelSets: readonly (readonly Label[])[];
  readonly stackRows: Uint32Array;
  /** Frame row of the creator, -1 for none. */
  readonly creatorFrames: Int32Array;
  /** Goroutine id of the creator, 0 where the dump does not say. */
  readonly creatorIds: Float64Array;
  /** 1 where frames were elided by the runtime. */
  readonly elided: Uint8Array;
  /** 1 where the stack is that of a running goroutine on another thread, which the runtime cannot print. */
  readonly unavailable: Uint8Array;
  /** Stack row of the nearest ancestor, -1 for none. */
  readonly ancestorStacks: Int32Array;
  readonly stackOffsets: Uint32Array;
  readonly stackFrames: Uint32Array;
  readonly frameFuncs: readonly string[];
  readonly frameFiles: readonly string[];
  readonly frameLines: Int32Array;
  /** Why the dump was written, where that is said: `panic: …`, `fatal error: …`, `SIGQUIT: quit`. */
  readonly reasons: readonly string[];
  /** Says why the dump is not whole; "" where it is. */
  readonly truncated: string;
  readonly bytes: number;
}

/** Whole text at once; see DumpParser for streams. */
export function parseDump(bytes: Uint8Array): GoroutineDump {
  const parser = new DumpParser();
  parser.push(bytes);
  return parser.finish();
}

const NEWLINE = 10;
const TAB = 9;
const GOROUTINE = asciiBytes("goroutine ");
const CREATED = asciiBytes("created by ");
const IN_GOROUTINE = asciiBytes(" in goroutine ");
const ORIGINATING = asciiBytes("[originating from goroutine ");
const UNAVAILABLE = asciiBytes("goroutine running on other thread");
const ELIDED = asciiBytes("frames elided...");
const REASONS = [
  "panic: ",
  "fatal error: ",
  "SIGQUIT: ",
  "SIGABRT: ",
  "unexpected fault address",
  "runtime: goroutine stack",
].map(asciiBytes);

export class DumpParser {
  private readonly names = new ByteInterner();
  private readonly places = new ByteInterner();
  private readonly headerTexts = new ByteInterner();
  private readonly labelTexts = new ByteInterner();
  private readonly stacks = new SequenceInterner();
  private readonly frameRows = new Map<number, number>();
  private readonly frameNames = new GrowableU32();
  private readonly framePlaces = new GrowableU32();

  private readonly ids = new GrowableF64(1024);
  private readonly headerRows = new GrowableU32(1024);
  private readonly labelRows = new GrowableU32(1024);
  private readonly stackRows = new GrowableU32(1024);
  private readonly creatorFrames = new GrowableI32(1024);
  private readonly creatorIds = new GrowableF64(1024);
  private readonly flags = new GrowableU32(1024);
  private readonly ancestorStacks = new GrowableI32(1024);
  private readonly reasons: string[] = [];

  private readonly noPlace: number;
  // The goroutine being read.
  private inside = false;
  private prefix = 0;
  private readonly frames = new Uint32Array(MAX_FRAMES);
  private frameCount = 0;
  private pendingName = -1;
  private pendingSure = false;
  private pendingCreator = -1;
  private creatorFrame = -1;
  private creatorId = 0;
  private flag = 0;
  private ownStack = -1;
  private inAncestor = false;
  private ancestorStack = -1;

  private carry: Uint8Array = new Uint8Array(0);
  private total = 0;
  private lastByte = NEWLINE;
  // Room for a name put together from parts; see `callee`.

  constructor() {
    const empty = new Uint8Array(0);
    this.noPlace = this.places.intern(empty, 0, 0);
    this.labelTexts.intern(empty, 0, 0);
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.total += chunk.length;
    this.lastByte = chunk[chunk.length - 1];
    let from = 0;
    if (this.carry.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      const stop = end < 0 ? chunk.length : end;
      const room = Math.max(0, LINE_LIMIT - this.carry.length);
      if (end < 0 && room === 0) return;
      const joined = new Uint8Array(this.carry.length + Math.min(stop, room));
      joined.set(this.carry);
      joined.set(chunk.subarray(0, Math.min(stop, room)), this.carry.length);
      if (end < 0) {
        this.carry = joined;
        return;
      }
      this.carry = new Uint8Array(0);
      this.line(joined, 0, joined.length);
      from = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) break;
      this.line(chunk, from, end);
      from = end + 1;
    }
    if (from < chunk.length)
      this.carry = new Uint8Array(chunk.subarray(from, Math.min(chunk.length, from + LINE_LIMIT)));
  }

  finish(): GoroutineDump {
    const midLine = this.total > 0 && this.lastByte !== NEWLINE;
    if (this.carry.length > 0) {
      // The last line of a log often lacks its newline; that of a cut dump is only half there and would name a wrong frame.
      if (this.total !== DUMP_LIMIT) this.line(this.carry, 0, this.carry.length);
      this.carry = new Uint8Array(0);
    }
    const cut = midLine && this.inside && this.pendingName >= 0;
    this.end();
    const truncated =
      this.total === DUMP_LIMIT
        ? "the dump is exactly 64 MiB long: the runtime cuts it there without saying so; more goroutines exist than are listed"
        : cut
          ? "the dump ends in the middle of a stack"
          : "";
    return this.columns(truncated);
  }

  private columns(truncated: string): GoroutineDump {
    const count = this.ids.length;
    const headers: HeaderStatus[] = [];
    for (let i = 0; i < this.headerTexts.count; i++) headers.push(parseStatus(this.headerTexts.text(i)));
    const labelSets: Label[][] = [];
    for (let i = 0; i < this.labelTexts.count; i++) labelSets.push(parseHeaderLabels(this.labelTexts.text(i)));
    const names: string[] = [];
    for (let i = 0; i < this.names.count; i++) names.push(this.names.text(i));
    const files: string[] = [];
    const lines: number[] = [];
    for (let i = 0; i < this.places.count; i++) {
      const text = this.places.text(i);
      const colon = text.lastIndexOf(":");
      const line = colon < 0 ? Number.NaN : Number(text.slice(colon + 1));
      files.push(Number.isInteger(line) ? text.slice(0, colon) : text);
      lines.push(Number.isInteger(line) ? Math.min(line, 0x7fffffff) : 0);
    }
    const frameLines = new Int32Array(this.frameNames.length);
    const frameFuncs: string[] = [];
    const frameFiles: string[] = [];
    for (let i = 0; i < frameLines.length; i++) {
      frameFuncs.push(names[this.frameNames.data[i]]);
      frameFiles.push(files[this.framePlaces.data[i]]);
      frameLines[i] = lines[this.framePlaces.data[i]];
    }
    const elided = new Uint8Array(count);
    const unavailable = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      elided[i] = this.flags.data[i] & 1;
      unavailable[i] = (this.flags.data[i] >> 1) & 1;
    }
    return {
      count,
      ids: this.ids.done(),
      headerRows: this.headerRows.done(),
      headers,
      labelRows: this.labelRows.done(),
      labelSets,
      stackRows: this.stackRows.done(),
      creatorFrames: this.creatorFrames.done(),
      creatorIds: this.creatorIds.done(),
      elided,
      unavailable,
      ancestorStacks: this.ancestorStacks.done(),
      stackOffsets: this.stacks.offsets.slice(0, this.stacks.count + 1),
      stackFrames: this.stacks.items.slice(0, this.stacks.offsets[this.stacks.count]),
      frameFuncs,
      frameFiles,
      frameLines,
      reasons: this.reasons,
      truncated,
      bytes: this.total,
    };
  }

  private line(buf: Uint8Array, from: number, to: number): void {
    if (to > from && buf[to - 1] === 13) to--;
    if (!this.inside) {
      this.outside(buf, from, to);
      return;
    }
    from = Math.min(to, from + this.prefix);
    if (from === to) {
      this.end();
      return;
    }
    const first = buf[from];
    if (first === TAB) {
      if (starts(buf, from + 1, to, UNAVAILABLE)) {
        this.flag |= 2;
        return;
      }
      this.place(buf, from + 1, to);
      return;
    }
    if (first === GOROUTINE[0] && starts(buf, from, to, GOROUTINE) && buf[to - 1] === 58 /* : */) {
      this.end();
      this.header(buf, from, to);
      return;
    }
    if (first === 99 /* c */ && starts(buf, from, to, CREATED)) {
      this.flushPending();
      this.created(buf, from + CREATED.length, to);
      return;
    }
    if (first === 46 /* . */) {
      const at = to - ELIDED.length;
      if (at >= from && starts(buf, at, to, ELIDED)) {
        this.flushPending();
        this.flag |= 1;
        return;
      }
    }
    if (first === 91 /* [ */ && starts(buf, from, to, ORIGINATING)) {
      this.flushPending();
      this.closeStack();
      this.inAncestor = true;
      return;
    }
    this.callee(buf, from, to);
  }

  private outside(buf: Uint8Array, from: number, to: number): void {
    // Cheap test first: a header ends in "]:" or "}:".
    if (to - from > 14 && buf[to - 1] === 58 && (buf[to - 2] === 93 || buf[to - 2] === 125)) {
      const at = find(buf, from, Math.min(to, from + 512), GOROUTINE);
      if (at >= 0 && this.header(buf, at, to)) {
        this.prefix = at - from;
        return;
      }
    }
    if (this.reasons.length < 64) {
      for (const reason of REASONS) {
        const at = find(buf, from, Math.min(to, from + 256), reason);
        if (at >= 0) {
          this.reasons.push(new TextDecoder().decode(buf.subarray(at, Math.min(to, at + 4096))));
          return;
        }
      }
    }
  }

  /** `goroutine N … [status] {labels}:`; false where the line only looks like one. */
  private header(buf: Uint8Array, from: number, to: number): boolean {
    let pos = from + GOROUTINE.length;
    let id = 0;
    const digits = pos;
    while (pos < to && buf[pos] >= 48 && buf[pos] <= 57) id = id * 10 + buf[pos++] - 48;
    if (pos === digits || buf[pos] !== 32) return false;
    const open = indexIn(buf, 91, pos, to);
    if (open < 0) return false;
    const close = indexIn(buf, 93, open, to);
    if (close < 0) return false;
    this.inside = true;
    this.frameCount = 0;
    this.pendingName = -1;
    this.pendingCreator = -1;
    this.creatorFrame = -1;
    this.creatorId = 0;
    this.flag = 0;
    this.ownStack = -1;
    this.inAncestor = false;
    this.ancestorStack = -1;
    this.ids.push(id);
    this.headerRows.push(this.headerTexts.intern(buf, open + 1, close));
    const brace = indexIn(buf, 123, close, to - 2);
    this.labelRows.push(brace >= 0 ? this.labelTexts.intern(buf, brace + 1, to - 2) : 0);
    return true;
  }

  /** A function line: everything before the arguments. */
  private callee(buf: Uint8Array, from: number, to: number): void {
    this.flushPending();
    if (!this.inside) return;
    let end = -1;
    // The arguments are the last parenthesis; they hold none themselves.
    if (buf[to - 1] === 41 /* ) */) {
      end = to - 2;
      while (end > from && buf[end] !== 40) end--;
    }
    if (end > from) {
      this.pendingName = this.names.intern(buf, from, end);
      this.pendingSure = true;
    } else {
      // C frames have no parentheses, but neither has the next line of a log: its following line decides.
      this.pendingName = this.names.intern(buf, from, Math.min(to, from + 4096));
      this.pendingSure = false;
    }
  }

  private place(buf: Uint8Array, from: number, to: number): void {
    let end = from;
    while (end < to) {
      const space = indexIn(buf, 32, end, to);
      if (space < 0) {
        end = to;
        break;
      }
      end = space;
      const next = buf[space + 1];
      if ((next === 43 && buf[space + 2] === 48) || (next === 112 && buf[space + 2] === 99)) break; // " +0x…", " pc=…"
      end = space + 1;
    }
    const place = this.places.intern(buf, from, end);
    if (this.pendingCreator >= 0) {
      if (!this.inAncestor) this.creatorFrame = this.frame(this.pendingCreator, place);
      this.pendingCreator = -1;
      return;
    }
    if (this.pendingName >= 0) {
      this.pushFrame(this.frame(this.pendingName, place));
      this.pendingName = -1;
    }
  }

  private created(buf: Uint8Array, from: number, to: number): void {
    let end = to;
    const at = find(buf, from, to, IN_GOROUTINE);
    if (at >= 0) {
      end = at;
      if (!this.inAncestor) {
        let id = 0;
        for (let i = at + IN_GOROUTINE.length; i < to && buf[i] >= 48 && buf[i] <= 57; i++) id = id * 10 + buf[i] - 48;
        this.creatorId = id;
      }
    }
    this.pendingCreator = this.names.intern(buf, from, end);
  }

  /** A function line whose place never came: keep it if it was surely one, else the goroutine ended before it. */
  private flushPending(): void {
    if (this.pendingCreator >= 0) {
      if (!this.inAncestor) this.creatorFrame = this.frame(this.pendingCreator, this.noPlace);
      this.pendingCreator = -1;
    }
    if (this.pendingName < 0) return;
    const name = this.pendingName;
    this.pendingName = -1;
    if (this.pendingSure) this.pushFrame(this.frame(name, this.noPlace));
    else this.end();
  }

  private pushFrame(row: number): void {
    if (this.frameCount < MAX_FRAMES) this.frames[this.frameCount++] = row;
  }

  private frame(name: number, place: number): number {
    // Both are below 2^26 (a 64 MiB dump has fewer lines), so that the pair is an exact double.
    const key = name * 67_108_864 + place;
    let row = this.frameRows.get(key);
    if (row === undefined) {
      row = this.frameNames.length;
      this.frameNames.push(name);
      this.framePlaces.push(place);
      this.frameRows.set(key, row);
    }
    return row;
  }

  /** Ends the stack being read: the goroutine's own, or the nearest ancestor's. */
  private closeStack(): void {
    const row = this.stacks.intern(this.frames, this.frameCount);
    this.frameCount = 0;
    if (!this.inAncestor) this.ownStack = row;
    else if (this.ancestorStack < 0) this.ancestorStack = row;
  }

  private end(): void {
    if (!this.inside) return;
    this.inside = false; // first: flushPending may come back here
    if (this.pendingName >= 0 && !this.pendingSure) this.pendingName = -1;
    this.flushPending();
    this.closeStack();
    this.stackRows.push(this.ownStack);
    this.creatorFrames.push(this.creatorFrame);
    this.creatorIds.push(this.creatorId);
    this.flags.push(this.flag);
    this.ancestorStacks.push(this.ancestorStack);
  }
}

/**
 * A dump as a profile (`goroutine/count`): one sample per distinct stack, creator, status and label set. Status, minutes and creator
 * go along as labels with the reserved keys below, so that grouping reads dumps and protobuf profiles alike.
 */
export const STATUS_LABEL = "goroutine status";
export const MINUTES_LABEL = "goroutine minutes";
export const CREATOR_LABEL = "goroutine created by";

export function dumpToProfile(dump: GoroutineDump): Profile {
  const builder = new ProfileBuilder([{ type: "goroutine", unit: "count" }]);
  builder.periodType = { type: "goroutine", unit: "count" };
  builder.period = 1;
  const counts = new Map<string, { row: number; count: number }>();
  for (let i = 0; i < dump.count; i++) {
    const key = `${dump.stackRows[i]} ${dump.creatorFrames[i]} ${dump.headerRows[i]} ${dump.labelRows[i]}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { row: i, count: 1 });
    else entry.count++;
  }
  const frameLocations = dump.frameFuncs.map((f, i) => builder.frame(f, dump.frameFiles[i], dump.frameLines[i]));
  for (const { row, count } of counts.values()) {
    const stack: number[] = [];
    const s = dump.stackRows[row];
    for (let k = dump.stackOffsets[s]; k < dump.stackOffsets[s + 1]; k++)
      stack.push(frameLocations[dump.stackFrames[k]]);
    const header = dump.headers[dump.headerRows[row]];
    const labels: Label[] = [
      ...dump.labelSets[dump.labelRows[row]],
      { key: STATUS_LABEL, text: header.status + (header.leaked ? " (leaked)" : ""), number: 0, unit: "" },
    ];
    if (header.minutes > 0) labels.push({ key: MINUTES_LABEL, text: "", number: header.minutes, unit: "minutes" });
    const creator = dump.creatorFrames[row];
    if (creator >= 0)
      labels.push({
        key: CREATOR_LABEL,
        text: `${dump.frameFuncs[creator]}\t${dump.frameFiles[creator]}:${dump.frameLines[creator]}`,
        number: 0,
        unit: "",
      });
    builder.sample(stack, [count], labels);
  }
  return builder.done();
}

function asciiBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function starts(buf: Uint8Array, from: number, to: number, what: Uint8Array): boolean {
  if (to - from < what.length) return false;
  for (let i = 0; i < what.length; i++) if (buf[from + i] !== what[i]) return false;
  return true;
}

/** Within one line: indexOf would run on to the end of the chunk, once per line. */
function indexIn(buf: Uint8Array, byte: number, from: number, to: number): number {
  for (let i = from; i < to; i++) if (buf[i] === byte) return i;
  return -1;
}

function find(buf: Uint8Array, from: number, to: number, what: Uint8Array): number {
  const last = to - what.length;
  let at = from;
  while (at <= last) {
    const next = indexIn(buf, what[0], at, last + 1);
    if (next < 0) return -1;
    if (starts(buf, next, to, what)) return next;
    at = next + 1;
  }
  return -1;
}
