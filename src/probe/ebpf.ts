/**
 * Who opens what stays open, for any running Go program, unchanged: drives bpftrace with probes on functions of the Go runtime's own
 * libraries. Entry probes only: a return probe rewrites return addresses, and Go moves stacks.
 *
 *     internal/poll.(*FD).Init      a descriptor is wrapped: the number stands at +16 of the receiver     (register 0)
 *     internal/poll.(*FD).destroy   … and closed
 *     net/http.(*Transport).queueForDial(w), dialConnFor(w)   a dial happens on a goroutine of its own: w leads back to the request
 *     database/sql.(*DB).queryDC, execDC, beginDC, prepareDC (… dc …), putConn(dc)   a pool connection is used first, and given back
 *
 * Arguments are in registers since Go 1.17 (ABIInternal): amd64 ax bx cx di si r8 r9…, goroutine in r14; arm64 r0 r1 …, goroutine in r28.
 * Stacks are walked by frame pointers, which Go keeps; at a function's first instruction the caller's frame is not linked yet, so its
 * return address is taken from the stack (amd64) or the link register (arm64).
 */
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { RandomReader } from "./buildinfo.ts";
import { ProbeError } from "./errors.ts";
import { PcLineTable } from "./pclntab.ts";
import { isStandardPackage, packageOf, readBuildPath, strictName, versionlessPath } from "../profile/names.ts";

export interface TracedStack {
  /** `connection` dialled or accepted, `file` opened, `borrow` of a database/sql connection. */
  readonly kind: "descriptor" | "borrow";
  readonly count: number;
  /** Of the first 64; empty for borrows. */
  readonly fds: readonly number[];
  /** Longest held, in seconds, as far as we watched. */
  readonly heldSeconds: number;
  /** Leaf first. */
  readonly frames: readonly { readonly func: string; readonly file: string; readonly line: number }[];
}

interface Registers {
  readonly args: readonly string[];
  readonly g: string;
  readonly caller: string;
}

const registers: Readonly<Record<string, Registers>> = {
  x64: { args: ["ax", "bx", "cx", "di", "si", "r8"], g: "r14", caller: '*(uint64*)reg("sp")' },
  arm64: { args: ["r0", "r1", "r2", "r3", "r4", "r5"], g: "r28", caller: 'reg("r30")' },
};

/** Stacks deeper than this are cut at the root. */
const DEPTH = 40;

export interface TraceTarget {
  readonly pid: number;
  /** `/proc/PID/exe`, which also works inside containers. */
  readonly exe: string;
}

/** The bpftrace program; `has` says which functions the executable holds. */
export function traceProgram(
  target: TraceTarget,
  seconds: number,
  arch: string,
  has: (func: string) => boolean,
): string {
  const r = registers[arch];
  if (r === undefined) throw new ProbeError("unsupported", `tracing is not there for ${arch}`);
  const arg = (i: number): string => `reg("${r.args[i]}")`;
  const out: string[] = [];
  const probe = (func: string, body: string): void => {
    if (has(func)) out.push(`uprobe:"${target.exe}":"${func}" /pid == ${target.pid}/ { ${body} }`);
  };
  // A program without net/http has no dial goroutines, and bpftrace refuses a map that nothing fills.
  const dials = has("net/http.(*Transport).queueForDial") && has("net/http.(*Transport).dialConnFor");
  const fd = `$fd = *(int64*)(${arg(0)} + 16);`;
  if (dials) {
    probe(
      "net/http.(*Transport).queueForDial",
      `@want[${arg(1)}] = ustack(perf, ${DEPTH}); @wantcaller[${arg(1)}] = ${r.caller};`,
    );
    probe(
      "net/http.(*Transport).dialConnFor",
      `@dialg[reg("${r.g}")] = @want[${arg(1)}]; @dialcaller[reg("${r.g}")] = @wantcaller[${arg(1)}]; delete(@want[${arg(1)}]); delete(@wantcaller[${arg(1)}]);`,
    );
  }
  probe(
    "internal/poll.(*FD).Init",
    `${fd} @open[$fd] = ustack(perf, ${DEPTH}); @caller[$fd] = ${r.caller}; @at[$fd] = nsecs;${dials ? ` @via[$fd] = @dialg[reg("${r.g}")]; @viacaller[$fd] = @dialcaller[reg("${r.g}")];` : ""}`,
  );
  probe(
    "internal/poll.(*FD).destroy",
    `${fd} delete(@open[$fd]); delete(@caller[$fd]); delete(@at[$fd]);${dials ? " delete(@via[$fd]); delete(@viacaller[$fd]);" : ""}`,
  );
  const borrow = (dc: string): string =>
    `if (@dcat[${dc}] == 0) { @dc[${dc}] = ustack(perf, ${DEPTH}); @dccaller[${dc}] = ${r.caller}; @dcat[${dc}] = nsecs; }`;
  // queryDC(db, ctx, txctx, dc, …) has two contexts of two words before dc, the others one.
  probe("database/sql.(*DB).queryDC", borrow(arg(5)));
  for (const f of ["execDC", "beginDC", "prepareDC"]) probe(`database/sql.(*DB).${f}`, borrow(arg(3)));
  probe(
    "database/sql.(*DB).putConn",
    `delete(@dc[${arg(1)}]); delete(@dccaller[${arg(1)}]); delete(@dcat[${arg(1)}]);`,
  );
  if (out.length === 0)
    throw new ProbeError(
      "unsupported",
      "none of the functions to watch is in this executable (stripped, or no Go 1.17 or later)",
    );
  out.push(`interval:s:${Math.max(1, Math.round(seconds))} { @now = nsecs; exit(); }`);
  out.push(
    "END { @now = nsecs;" +
      (dials ? " clear(@want); clear(@wantcaller); clear(@dialg); clear(@dialcaller);" : "") +
      " }",
  );
  return `${out.join("\n")}\n`;
}

export async function traceOpens(
  target: TraceTarget,
  milliseconds: number,
  signal: AbortSignal,
): Promise<TracedStack[]> {
  const table = PcLineTable.open(target.exe);
  if (table === null) throw new ProbeError("unsupported", "tracing needs a 64-bit ELF executable of Go 1.18 or later");
  // bpftrace takes bare addresses too, but what they are counted from has changed with its versions, and a probe in the middle of an
  // instruction crashes the target.
  if (table.stripped)
    throw new ProbeError(
      "unsupported",
      "the executable is stripped (-ldflags=-s): its functions cannot be watched by name",
    );
  const program = traceProgram(target, milliseconds / 1000, process.arch, (f) => table.addressOf(f) !== null);
  const { stdout, stderr } = await runBpftrace(program, milliseconds, signal);
  const maps = readMaps(stdout);
  if (!maps.has("@now")) throw new ProbeError("denied", `bpftrace could not watch: ${firstError(stderr)}`);
  return summarise(maps, new Symboliser(table, loadBias(target, table.base)));
}

function runBpftrace(
  program: string,
  milliseconds: number,
  signal: AbortSignal,
): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("bpftrace", ["-f", "json", "-e", program], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, BPFTRACE_MAP_KEYS_MAX: "65536", BPFTRACE_STRLEN: "64" },
    });
    let stdout = "";
    let stderr = "";
    // bpftrace needs seconds to load; one that hangs must not hang us.
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds + 30_000);
    const stop = (): void => void child.kill("SIGINT"); // it prints its maps and leaves
    signal.addEventListener("abort", stop);
    child.stdout.setEncoding("utf8").on("data", (d: string) => {
      if (stdout.length < 256 << 20) stdout += d;
    });
    child.stderr.setEncoding("utf8").on("data", (d: string) => {
      if (stderr.length < 65_536) stderr += d;
    });
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    child.on("error", (e: NodeJS.ErrnoException) => {
      end();
      reject(
        e.code === "ENOENT"
          ? new ProbeError("unsupported", "tracing needs bpftrace (apt-get install bpftrace), which is not here")
          : new ProbeError("denied", `cannot run bpftrace: ${e.message}`),
      );
    });
    child.on("close", () => {
      end();
      resolve({ stdout, stderr });
    });
  });
}

function firstError(stderr: string): string {
  const lines = stderr.split("\n").filter((l) => l.trim() !== "" && !l.includes("RLIMIT_MEMLOCK"));
  return (
    lines.find((l) => /error|ERROR|denied|permitted|root/.test(l)) ??
    lines[0] ??
    "it needs root (or CAP_BPF and CAP_PERFMON)"
  );
}

/** bpftrace prints one JSON object per line; maps as `{"type":"map","data":{"@open":{"12":"…"}}}`. */
export function readMaps(stdout: string): Map<string, Record<string, string | number> | number> {
  const out = new Map<string, Record<string, string | number> | number>();
  for (const line of stdout.split("\n")) {
    if (!line.startsWith("{")) continue;
    try {
      const item = JSON.parse(line) as {
        type?: string;
        data?: Record<string, Record<string, string | number> | number>;
      };
      if (item.type === "map" && item.data !== undefined)
        for (const [name, value] of Object.entries(item.data)) out.set(name, value);
    } catch {
      // A line cut short by the end of the process.
    }
  }
  return out;
}

class Symboliser {
  private readonly table: PcLineTable;
  private readonly bias: number;
  constructor(table: PcLineTable, bias: number) {
    this.table = table;
    this.bias = bias;
  }

  /** `\t4d0b60 internal/poll.(*FD).Init+0 (/path)` per line, leaf first; `caller` is the return address that the walk cannot see. */
  frames(stack: string, caller: number): TracedStack["frames"] {
    const out: { func: string; file: string; line: number }[] = [];
    const addresses: number[] = [];
    for (const m of stack.matchAll(/^\s*([0-9a-f]+) /gm)) addresses.push(Number.parseInt(m[1], 16));
    // At the entry the walk's second address is the caller's caller; where it is the caller already, nothing is missing.
    if (addresses.length > 0 && caller > 0 && addresses[1] !== caller) addresses.splice(1, 0, caller);
    addresses.forEach((address, i) => {
      const place = this.table.lookup(address - this.bias - (i > 0 ? 1 : 0));
      if (place === null || place.func.startsWith("runtime.goexit")) return;
      const func = strictName(place.func).replace(/\.abi0$/, "");
      // The table names the outer function but the line of what was inlined into it: a line of another package is not this function's.
      out.push(belongs(func, place.file) ? { ...place, func } : { func, file: "", line: 0 });
    });
    return out;
  }
}

function belongs(func: string, file: string): boolean {
  const pkg = packageOf(func);
  if ((readBuildPath(file).kind === "std") !== isStandardPackage(pkg)) return false;
  if (pkg === "main") return true;
  const dir = file.slice(0, file.lastIndexOf("/"));
  const last = versionlessPath(pkg).split("/").pop() ?? "";
  return dir.split("/").some((part) => part === last || part.startsWith(`${last}@`));
}

function summarise(maps: ReturnType<typeof readMaps>, symbols: Symboliser): TracedStack[] {
  const map = (name: string): Record<string, string | number> => {
    const m = maps.get(name);
    return typeof m === "object" ? m : {};
  };
  const now = Number(maps.get("@now"));
  const groups = new Map<
    string,
    { kind: TracedStack["kind"]; count: number; fds: number[]; held: number; frames: TracedStack["frames"] }
  >();
  const add = (kind: TracedStack["kind"], frames: TracedStack["frames"], fd: number | null, at: number): void => {
    const key = `${kind} ${frames.map((f) => `${f.func}:${f.line}`).join("<")}`;
    let g = groups.get(key);
    if (g === undefined) {
      g = { kind, count: 0, fds: [], held: 0, frames };
      groups.set(key, g);
    }
    g.count++;
    if (fd !== null && g.fds.length < 64) g.fds.push(fd);
    if (at > 0) g.held = Math.max(g.held, (now - at) / 1e9);
  };
  const open = map("@open");
  const via = map("@via");
  for (const [fd, stack] of Object.entries(open)) {
    const frames = symbols.frames(String(stack), Number(map("@caller")[fd] ?? 0));
    const request = via[fd] === undefined ? [] : symbols.frames(String(via[fd]), Number(map("@viacaller")[fd] ?? 0));
    add(
      "descriptor",
      request.length > 0 ? [...frames.slice(0, 1), ...request] : frames,
      Number(fd),
      Number(map("@at")[fd] ?? 0),
    );
  }
  for (const [dc, stack] of Object.entries(map("@dc")))
    add(
      "borrow",
      symbols.frames(String(stack), Number(map("@dccaller")[dc] ?? 0)),
      null,
      Number(map("@dcat")[dc] ?? 0),
    );
  return [...groups.values()]
    .map((g) => ({ kind: g.kind, count: g.count, fds: g.fds, heldSeconds: g.held, frames: g.frames }))
    .sort((a, b) => b.count - a.count || b.heldSeconds - a.heldSeconds);
}

/** How far a position-independent executable was moved; 0 for a fixed one. */
function loadBias(target: TraceTarget, base: number): number {
  try {
    const file = new RandomReader(target.exe);
    const type = file.read(16, 2).readUInt16LE(0);
    file.close();
    if (type !== 3) return 0; // not ET_DYN
    const exe = readlinkSync(target.exe);
    for (const line of readFileSync(`/proc/${target.pid}/maps`, "utf8").split("\n")) {
      const m = /^([0-9a-f]+)-[0-9a-f]+ \S+ 00000000 \S+ \d+\s+(.*)$/.exec(line);
      if (m !== null && m[2] === exe) return Number.parseInt(m[1], 16) - base;
    }
    return 0;
  } catch {
    return 0;
  }
}
