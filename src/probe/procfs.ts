/**
 * One process through /proc: identity, limits, memory, descriptors. Sockets are in sockets.ts. Everything is read with plain system
 * calls into one buffer that is used again; what the kernel refuses comes back as null with a line in `problems`.
 */
import { closeSync, openSync, readSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { ProbeError } from "./errors.ts";
import { eachLink } from "./links.ts";
import { widen } from "./widen.ts";

export interface ProcessFacts {
  readonly pid: number;
  /** Clock ticks after boot: with the pid, the identity of a process (pids come round again). */
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly name: string;
  readonly cmdline: readonly string[];
  readonly uid: number;
  readonly threads: number;
  readonly rssBytes: number;
  readonly rssAnonBytes: number;
  readonly vmBytes: number;
  readonly maxFds: number;
  readonly cgroup: string;
  /** `net:[4026531840]`; null where the kernel does not tell. */
  readonly netNamespace: string | null;
  /** It lives in another network namespace than we do: its ports are not ours. */
  readonly foreignNet: boolean;
  readonly exe: string | null;
}

/** The kernel's USER_HZ, 100 on every architecture Go runs on. */
const TICKS_PER_SECOND = 100;

export type FdKind =
  | "socket"
  | "pipe"
  | "file"
  | "deleted"
  | "epoll"
  | "eventfd"
  | "timerfd"
  | "signalfd"
  | "inotify"
  | "anon"
  | "device";

/** Columns, one row per descriptor. */
export interface FdTable {
  readonly count: number;
  readonly numbers: Int32Array;
  /** Index into `fdKinds`. */
  readonly kinds: Uint8Array;
  /** Socket or pipe inode, else 0. */
  readonly inodes: Float64Array;
  /** Target of files and devices, "" for the rest. */
  readonly targets: readonly string[];
}

export const fdKinds: readonly FdKind[] = [
  "socket",
  "pipe",
  "file",
  "deleted",
  "epoll",
  "eventfd",
  "timerfd",
  "signalfd",
  "inotify",
  "anon",
  "device",
];

/** Reads small /proc files again and again without a new buffer each time. */
export class ProcReader {
  private buffer = Buffer.allocUnsafe(1 << 16);
  readonly root: string;

  constructor(root = "/proc") {
    this.root = root;
  }

  /** The bytes stay valid until the next call. */
  bytes(path: string): Uint8Array {
    const fd = openSync(`${this.root}/${path}`, "r");
    try {
      let size = 0;
      for (;;) {
        if (size === this.buffer.length) {
          const next = Buffer.allocUnsafe(this.buffer.length * 2);
          this.buffer.copy(next, 0, 0, size);
          this.buffer = next;
        }
        const n = readSync(fd, this.buffer, size, this.buffer.length - size, null);
        if (n === 0) return this.buffer.subarray(0, size);
        size += n;
      }
    } finally {
      closeSync(fd);
    }
  }

  text(path: string): string {
    return Buffer.from(this.bytes(path)).toString("utf8");
  }
}

/** pid → start ticks; throws ProbeError "vanished" where there is no such process. */
export function startTicks(proc: ProcReader, pid: number): number {
  return readStat(proc, pid).startTicks;
}

/** CPU that a process has used so far, user and system, in seconds. */
export function cpuSeconds(proc: ProcReader, pid: number): number {
  return readStat(proc, pid).cpuTicks / TICKS_PER_SECOND;
}

/**
 * Times that a process has called read(2) and its kin: files, pipes and connections, so that it counts work that comes from outside.
 * Exact, where CPU comes in hundredths of a second. https://docs.kernel.org/filesystems/proc.html#proc-pid-io-display-the-io-accounting-fields
 */
export function readCalls(proc: ProcReader, pid: number): number | null {
  const found = /^syscr: (\d+)$/m.exec(proc.text(`${pid}/io`));
  return found === null ? null : Number(found[1]);
}

function readStat(proc: ProcReader, pid: number): { name: string; startTicks: number; cpuTicks: number } {
  let text: string;
  try {
    text = proc.text(`${pid}/stat`);
  } catch (e) {
    throw procError(e, pid);
  }
  // `123 (name with ) and spaces) S …`: fields are counted from the last parenthesis.
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  // Ended, and only waiting for its parent to look: nothing can be read of it any more.
  if (fields[0] === "Z" || fields[0] === "X") throw new ProbeError("vanished", `process ${pid} has ended`);
  return {
    name: text.slice(text.indexOf("(") + 1, close),
    startTicks: Number(fields[19]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  };
}

export function procError(e: unknown, pid: number): Error {
  const { code } = e as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ESRCH")
    return new ProbeError("vanished", `no process ${pid} (or it ended while it was read)`);
  if (code === "EACCES" || code === "EPERM")
    return new ProbeError(
      "denied",
      `no permission to read process ${pid}: run as its user, as root, or with CAP_SYS_PTRACE`,
    );
  return e instanceof Error ? e : new Error(String(e));
}

let bootMs: number | null = null;

function bootTime(proc: ProcReader): number {
  if (bootMs === null) {
    const m = /^btime (\d+)/m.exec(proc.text("stat"));
    bootMs = m === null ? 0 : Number(m[1]) * 1000;
  }
  return bootMs;
}

export function readProcess(proc: ProcReader, pid: number, problems: string[]): ProcessFacts {
  const { name, startTicks } = readStat(proc, pid);
  let status: string;
  let cmdline: string[];
  try {
    status = proc.text(`${pid}/status`);
    cmdline = proc.text(`${pid}/cmdline`).split("\0");
  } catch (e) {
    throw procError(e, pid);
  }
  if (cmdline[cmdline.length - 1] === "") cmdline.pop();
  const field = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const attempt = <T>(what: string, read: () => T): T | null => {
    try {
      return read();
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === "EACCES" || code === "EPERM")
        problems.push(`${what}: no permission (needs the process's user, root or CAP_SYS_PTRACE)`);
      return null;
    }
  };
  const limits = attempt("limits", () => proc.text(`${pid}/limits`)) ?? "";
  const maxFds = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  const cgroup = attempt("cgroup", () => proc.text(`${pid}/cgroup`)) ?? "";
  const netNamespace = attempt("network namespace", () => readlinkSync(`${proc.root}/${pid}/ns/net`));
  let ownNamespace: string | null = null;
  try {
    ownNamespace = readlinkSync(`${proc.root}/self/ns/net`);
  } catch {
    // No namespaces in this kernel or in a test's tree.
  }
  return {
    pid,
    startTicks,
    startedMs: bootTime(proc) + (startTicks * 1000) / TICKS_PER_SECOND,
    name,
    cmdline,
    uid: field("Uid"),
    threads: field("Threads"),
    rssBytes: field("VmRSS") * 1024,
    rssAnonBytes: field("RssAnon") * 1024,
    vmBytes: field("VmSize") * 1024,
    maxFds: maxFds === undefined ? 0 : maxFds === "unlimited" ? Number.POSITIVE_INFINITY : Number(maxFds),
    cgroup: (/^0::(.*)$/m.exec(cgroup)?.[1] ?? cgroup.split("\n")[0]?.replace(/^\d+:[^:]*:/, "") ?? "").trim(),
    netNamespace,
    foreignNet: netNamespace !== null && ownNamespace !== null && netNamespace !== ownNamespace,
    exe: attempt("executable", () => readlinkSync(`${proc.root}/${pid}/exe`)),
  };
}

export function readFds(proc: ProcReader, pid: number): FdTable {
  let room = 256;
  let numbers = new Int32Array(room);
  let kinds = new Uint8Array(room);
  let inodes = new Float64Array(room);
  const targets: string[] = [];
  let count = 0;
  try {
    eachLink(`${proc.root}/${pid}/fd`, (name, nameLength, target, length) => {
      if (count === room) {
        room *= 2;
        numbers = widen(numbers, new Int32Array(room));
        kinds = widen(kinds, new Uint8Array(room));
        inodes = widen(inodes, new Float64Array(room));
      }
      let number = 0;
      for (let i = 0; i < nameLength; i++) number = number * 10 + name[i] - 48;
      numbers[count] = number;
      const inode = inodeOf(target, length);
      if (inode > 0) {
        kinds[count] = target[0] === LETTER_S ? 0 : 1;
        inodes[count] = inode;
        targets.push("");
      } else {
        const text = target.toString("utf8", 0, length);
        kinds[count] = kindOf(text);
        targets.push(text);
      }
      count++;
    });
  } catch (e) {
    throw procError(e, pid);
  }
  return {
    count,
    numbers: numbers.subarray(0, count),
    kinds: kinds.subarray(0, count),
    inodes: inodes.subarray(0, count),
    targets,
  };
}

const LETTER_S = 115;
const LETTER_P = 112;
const BRACKET = 91;

/** The number in `socket:[123]` and `pipe:[123]`, else 0: most targets of a big process, so no text is made of them. */
function inodeOf(target: Uint8Array, length: number): number {
  const first = target[0];
  let at = first === LETTER_S ? 7 : first === LETTER_P ? 5 : length;
  if (at >= length || target[at] !== BRACKET) return 0;
  let inode = 0;
  for (at++; at < length - 1; at++) inode = inode * 10 + target[at] - 48;
  return inode;
}

function kindOf(target: string): number {
  if (target.startsWith("anon_inode:")) {
    if (target.includes("eventpoll")) return 4;
    if (target.includes("eventfd")) return 5;
    if (target.includes("timerfd")) return 6;
    if (target.includes("signalfd")) return 7;
    if (target.includes("inotify")) return 8;
    return 9;
  }
  if (target.endsWith(" (deleted)")) return 3;
  if (target.startsWith("/dev/")) return 10;
  return 2;
}

/** `kind → count`, largest first. */
export function fdSummary(fds: FdTable): { kind: FdKind; count: number }[] {
  const counts = new Map<FdKind, number>();
  for (let i = 0; i < fds.count; i++) {
    const kind = fdKinds[fds.kinds[i]];
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count);
}

/** Files open more than once, most often first: the same log opened a thousand times is a leak with a name. */
export function repeatedFiles(fds: FdTable): { target: string; count: number }[] {
  const counts = new Map<string, number>();
  for (let i = 0; i < fds.count; i++)
    if (fds.targets[i] !== "") counts.set(fds.targets[i], (counts.get(fds.targets[i]) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([target, count]) => ({ target, count }))
    .sort((a, b) => b.count - a.count);
}

export function listPids(proc: ProcReader): number[] {
  const out: number[] = [];
  for (const name of readdirSync(proc.root)) {
    const pid = Number(name);
    if (Number.isInteger(pid) && pid > 0) out.push(pid);
  }
  return out.sort((a, b) => a - b);
}

/** A file as the process sees it, also inside a container. */
export function insideRoot(proc: ProcReader, pid: number, path: string): string {
  return `${proc.root}/${pid}/root${path}`;
}

export function fileExists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}

export function readSmall(path: string, limit = 1 << 20): string | null {
  try {
    if (statSync(path).size > limit) return null;
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
