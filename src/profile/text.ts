/**
 * The text forms of profiles: what `?debug=1` writes (goroutine, goroutineleak, threadcreate, heap, allocs, block, mutex), and the
 * older heap texts of tcmalloc and gperftools (Envoy's /heap_dump), which carry addresses and a table of mapped libraries.
 *
 *     goroutine profile: total 322           heap profile: 7: 140272 [9: 140736] @ heap/1048576
 *     39 @ 0x48c32a 0x465697                 1: 65536 [1: 65536] @ 0x489fba 0x48e469
 *     # labels: {"req":"42"}
 *     #\t0x679765\tnet/http.(*persistConn).writeLoop+0xe5\tnet/http/transport.go:2833
 *
 * Frames come from the `#` lines where there are any (one row per frame, inlined or not), else from the addresses.
 */
import { ProfileBuilder, type Label, type Profile, type ValueType } from "./columns.ts";
import { unquote } from "./dump-header.ts";
import { ProfileError } from "./errors.ts";

const countTypes = (type: string): ValueType[] => [{ type, unit: "count" }];
const heapTypes: ValueType[] = [
  { type: "alloc_objects", unit: "count" },
  { type: "alloc_space", unit: "bytes" },
  { type: "inuse_objects", unit: "count" },
  { type: "inuse_space", unit: "bytes" },
];
const contentionTypes: ValueType[] = [
  { type: "contentions", unit: "count" },
  { type: "delay", unit: "nanoseconds" },
];

const heapHeader = /^heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *([^/\s]*)(?:\/(\d+))?/;
const countHeader = /^([A-Za-z_][\w .-]*) profile: total +(\d+)/;

/** Whether the text begins like one of these forms. */
export function isTextProfile(head: string): boolean {
  return heapHeader.test(head) || countHeader.test(head) || /^--- (?:contention|mutex|threads?)/.test(head);
}

export function parseTextProfile(text: string): Profile {
  const lines = new Lines(text);
  const first = lines.next() ?? "";
  const heap = heapHeader.exec(first);
  if (heap !== null) return parseHeap(lines, heap);
  const count = countHeader.exec(first);
  if (count !== null) return parseCounts(lines, count[1]);
  if (/^--- (?:contention|mutex)/.test(first)) return parseContention(lines);
  throw new ProfileError("not a text profile: its first line is none that pprof writes");
}

class Lines {
  private pos = 0;
  private readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  next(): string | null {
    if (this.pos >= this.text.length) return null;
    let end = this.text.indexOf("\n", this.pos);
    if (end < 0) end = this.text.length;
    const line = this.text.slice(this.pos, this.text[end - 1] === "\r" && end > this.pos ? end - 1 : end);
    this.pos = end + 1;
    return line;
  }
  rest(): string {
    const out = this.text.slice(this.pos);
    this.pos = this.text.length;
    return out;
  }
}

/** One record: its numbers, its addresses, its `#` lines. */
interface Entry {
  head: string;
  addresses: string[];
  frames: number[];
  labels: Label[];
}

/** Calls `emit` for each record of `numbers @ addresses` with the comment lines that follow. Returns the mapped libraries' text. */
function records(
  lines: Lines,
  builder: ProfileBuilder,
  emit: (entry: Entry) => void,
  comment?: (line: string) => void,
): void {
  let entry: Entry | null = null;
  const flush = (): void => {
    if (entry !== null) emit(entry);
    entry = null;
  };
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (line === "") continue;
    if (line.startsWith("#")) {
      if (entry === null || line.startsWith("# runtime.MemStats")) {
        flush();
        comment?.(line);
      } else symbolLine(line, builder, entry);
      continue;
    }
    if (/^(?:MAPPED_LIBRARIES:|--- Memory map: ---)/.test(line)) {
      flush();
      readMappings(lines.rest(), builder);
      return;
    }
    const at = line.indexOf("@");
    if (at < 0) {
      comment?.(line);
      continue;
    }
    flush();
    entry = {
      head: line.slice(0, at).trim(),
      addresses: line
        .slice(at + 1)
        .split(/\s+/)
        .filter((a) => /^0x[0-9a-f]{1,16}$/i.test(a)),
      frames: [],
      labels: [],
    };
  }
  flush();
}

function symbolLine(line: string, builder: ProfileBuilder, entry: Entry): void {
  if (line.startsWith("# labels: ")) {
    readLabels(line, entry.labels);
    return;
  }
  const cells = line.split(/\t+/);
  if (cells.length < 3 || cells[0] !== "#") return;
  const name = cells[2].replace(/\+0x[0-9a-f]+$/, "");
  const place = /^(.*):(\d{1,10})$/.exec(cells[3] ?? "");
  if (name === "" && place === null) return;
  entry.frames.push(builder.frame(name, place?.[1] ?? "", place === null ? 0 : Number(place[2])));
}

/** `# labels: {"key":"value", "key2":"value2"}`; stops at the first thing that is neither. */
function readLabels(line: string, out: Label[]): void {
  let pos = line.indexOf("{") + 1;
  const quoted = (): string | null => {
    if (line[pos] !== '"') return null;
    let end = pos + 1;
    while (end < line.length && line[end] !== '"') end += line[end] === "\\" ? 2 : 1;
    const text = unquote(line.slice(pos + 1, end));
    pos = end + 1;
    return text;
  };
  for (;;) {
    const key = quoted();
    if (key === null || line[pos] !== ":") return;
    pos++;
    const text = quoted();
    if (text === null) return;
    out.push({ key, text, number: 0, unit: "" });
    if (line[pos] !== ",") return;
    pos += line[pos + 1] === " " ? 2 : 1;
  }
}

function stackOf(entry: Entry, builder: ProfileBuilder): number[] {
  if (entry.frames.length > 0) return entry.frames;
  // Return addresses but the first: one byte back is inside the call.
  return entry.addresses.map((a, i) => {
    const address = BigInt(a);
    return builder.address(i > 0 && address > 0n ? address - 1n : address);
  });
}

function parseCounts(lines: Lines, kind: string): Profile {
  const builder = new ProfileBuilder(countTypes(kind));
  builder.periodType = { type: kind, unit: "count" };
  builder.period = 1;
  records(lines, builder, (entry) => {
    const n = Number(entry.head);
    if (!Number.isSafeInteger(n)) throw new ProfileError(`not a count: ${JSON.stringify(entry.head.slice(0, 40))}`);
    builder.sample(stackOf(entry, builder), [n], entry.labels);
  });
  return builder.done();
}

/**
 * Heap texts count what was sampled, so they are scaled up as pprof does: a block of the average size s is sampled with
 * probability 1 − e^(−s/rate). The header's number is twice the rate in Go's text, the rate itself in heap_v2.
 */
function parseHeap(lines: Lines, header: RegExpExecArray): Profile {
  const builder = new ProfileBuilder(heapTypes);
  builder.defaultType = 3;
  builder.periodType = { type: "space", unit: "bytes" };
  const kind = header[5];
  let rate = Number(header[6] ?? 0);
  if (kind === "heap") rate /= 2;
  const sampled = kind === "heap" || kind === "heap_v2" || kind === "heapz_v2";
  builder.period = sampled ? rate : 1;
  const scale = (count: number, size: number): [number, number] => {
    if (!sampled || count === 0 || size === 0 || rate <= 1) return [count, size];
    const factor = 1 / (1 - Math.exp(-size / count / rate));
    return [Math.trunc(count * factor), Math.trunc(size * factor)];
  };
  records(lines, builder, (entry) => {
    const m = /^(\d+): *(\d+) *\[ *(\d+): *(\d+) *\]$/.exec(entry.head);
    if (m === null) throw new ProfileError(`not a heap record: ${JSON.stringify(entry.head.slice(0, 60))}`);
    const [inuseObjects, inuseSpace] = scale(Number(m[1]), Number(m[2]));
    const [allocObjects, allocSpace] = scale(Number(m[3]), Number(m[4]));
    const labels = entry.labels.slice();
    const each =
      Number(m[3]) > 0 ? Math.trunc(Number(m[4]) / Number(m[3])) : Number(m[1]) > 0 ? Number(m[2]) / Number(m[1]) : 0;
    if (each > 0) labels.push({ key: "bytes", text: "", number: Math.trunc(each), unit: "" });
    builder.sample(stackOf(entry, builder), [allocObjects, allocSpace, inuseObjects, inuseSpace], labels);
  });
  return builder.done();
}

/** `cycles count @ addresses` under `cycles/second=` and `sampling period=` lines. */
function parseContention(lines: Lines): Profile {
  const builder = new ProfileBuilder(contentionTypes);
  builder.defaultType = 1;
  builder.periodType = { type: "contentions", unit: "count" };
  let perSecond = 0;
  builder.period = 1;
  records(
    lines,
    builder,
    (entry) => {
      const m = /^(\d+) +(\d+)$/.exec(entry.head);
      if (m === null) throw new ProfileError(`not a contention record: ${JSON.stringify(entry.head.slice(0, 60))}`);
      const cycles = Number(m[1]) * builder.period;
      const delay = perSecond > 0 ? Math.trunc((cycles * 1e9) / perSecond) : cycles;
      builder.sample(stackOf(entry, builder), [Number(m[2]) * builder.period, delay], entry.labels);
    },
    (line) => {
      const m = /^([a-z/ ]+?) *= *(\d+)$/.exec(line);
      if (m?.[1] === "cycles/second") perSecond = Number(m[2]);
      else if (m?.[1] === "sampling period") builder.period = Math.max(1, Number(m[2]));
    },
  );
  return builder.done();
}

/** Lines as in /proc/PID/maps: `00400000-00452000 r-xp 00000000 08:02 173521 /usr/bin/envoy`. */
function readMappings(text: string, builder: ProfileBuilder): void {
  for (const m of text.matchAll(/^([0-9a-f]{1,16})-([0-9a-f]{1,16}) +(\S+) +([0-9a-f]{1,16}) +\S+ +\d+ *(.*)$/gim)) {
    if (!m[3].includes("x")) continue;
    builder.mappings.push({
      start: BigInt(`0x${m[1]}`),
      limit: BigInt(`0x${m[2]}`),
      offset: BigInt(`0x${m[4]}`),
      file: m[5].trim(),
      buildId: "",
      hasFunctions: false,
      hasFilenames: false,
      hasLineNumbers: false,
      hasInlineFrames: false,
    });
    if (builder.mappings.length >= 100_000) return;
  }
  builder.placeAddresses();
}
