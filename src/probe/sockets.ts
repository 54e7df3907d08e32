/**
 * Sockets of a process's whole network namespace; a row is the process's own where its inode is among the process's descriptors. They
 * come from sock-diag.ts where they can, else from /proc/PID/net/{tcp,tcp6,udp,udp6,unix}, read in place, byte by byte: a busy namespace
 * has 10^5 rows.
 *
 *     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *      0: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 103256 1 …
 *
 * Addresses are 32-bit words in the host's byte order (all that Go and Node share are little-endian here), ports big-endian hex.
 * FIN_WAIT2 and TIME_WAIT rows have inode 0: nobody owns them any more.
 */
import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { libc } from "./libc.ts";
import { fdKinds, type FdTable, type ProcReader } from "./procfs.ts";
import { SocketDump } from "./sock-diag.ts";
import { widen } from "./widen.ts";

export type Transport = "tcp" | "udp";

export const tcpStates: readonly string[] = [
  "?",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
];

/** Index into `tcpStates`. */
export const LISTEN = 10;

/** Columns, one row per socket. Addresses are four words each, IPv4 as IPv4-mapped. */
export class SocketTable {
  count = 0;
  private room = 256;
  transport = new Uint8Array(this.room); // 0 tcp, 1 udp
  state = new Uint8Array(this.room);
  local = new Uint32Array(this.room * 4);
  peer = new Uint32Array(this.room * 4);
  localPort = new Uint16Array(this.room);
  peerPort = new Uint16Array(this.room);
  rxQueue = new Uint32Array(this.room);
  txQueue = new Uint32Array(this.room);
  inode = new Float64Array(this.room);

  add(): number {
    if (this.count === this.room) this.reserve(this.room * 2);
    return this.count++;
  }

  /** Room for so many rows in all: to grow by halves costs as much again. */
  reserve(room: number): void {
    if (room <= this.room) return;
    this.room = room;
    this.transport = widen(this.transport, new Uint8Array(room));
    this.state = widen(this.state, new Uint8Array(room));
    this.local = widen(this.local, new Uint32Array(room * 4));
    this.peer = widen(this.peer, new Uint32Array(room * 4));
    this.localPort = widen(this.localPort, new Uint16Array(room));
    this.peerPort = widen(this.peerPort, new Uint16Array(room));
    this.rxQueue = widen(this.rxQueue, new Uint32Array(room));
    this.txQueue = widen(this.txQueue, new Uint32Array(room));
    this.inode = widen(this.inode, new Float64Array(room));
  }

  localText(row: number): string {
    return addressText(this.local, row);
  }

  peerText(row: number): string {
    return addressText(this.peer, row);
  }
}

/** `10.0.0.7`, `fd00::1`; IPv4-mapped addresses as IPv4. */
export function addressText(words: Uint32Array, row: number): string {
  const at = row * 4;
  // Words are little-endian: 0000FFFF in network order reads as FFFF0000.
  if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff0000) {
    const w = words[at + 3];
    return `${w & 255}.${(w >>> 8) & 255}.${(w >>> 16) & 255}.${w >>> 24}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < 4; i++) {
    const w = words[at + i];
    groups.push(((w & 255) << 8) | ((w >>> 8) & 255), (((w >>> 16) & 255) << 8) | (w >>> 24));
  }
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
  }
  const hex = (list: number[]): string => list.map((g) => g.toString(16)).join(":");
  return best < 0 ? hex(groups) : `${hex(groups.slice(0, best))}::${hex(groups.slice(best + bestLength))}`;
}

const hexDigit = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) {
  hexDigit["0123456789abcdef".charCodeAt(i)] = i;
  hexDigit["0123456789ABCDEF".charCodeAt(i)] = i;
}

/** Rows of one file, appended to `table`. `words` is 1 for the IPv4 files, 4 for IPv6. Lines that do not fit the form are left out. */
export function parseSockets(
  buf: Uint8Array,
  from: number,
  to: number,
  transport: 0 | 1,
  words: 1 | 4,
  table: SocketTable,
): void {
  const width = words * 8;
  let pos = from;
  while (pos < to) {
    let end = buf.indexOf(10, pos);
    if (end < 0 || end > to) end = to;
    let colon = pos;
    while (colon < end && buf[colon] !== 58) colon++;
    // `: ` + address:port + space + address:port + space + state + space + queues, all of fixed width.
    if (colon + 2 + 2 * (width + 6) + 2 + 18 < end && buf[colon + 1] === 32 && buf[colon + 2 + width] === 58) {
      const row = table.add();
      let p = colon + 2;
      if (words === 1) {
        table.local.set(mappedPrefix, row * 4);
        table.peer.set(mappedPrefix, row * 4);
        table.local[row * 4 + 3] = hex(buf, p, 8);
        table.peer[row * 4 + 3] = hex(buf, p + 14, 8);
      } else
        for (let i = 0; i < 4; i++) {
          table.local[row * 4 + i] = hex(buf, p + i * 8, 8);
          table.peer[row * 4 + i] = hex(buf, p + width + 6 + i * 8, 8);
        }
      table.localPort[row] = hex(buf, p + width + 1, 4);
      p += width + 6;
      table.peerPort[row] = hex(buf, p + width + 1, 4);
      p += width + 6;
      table.state[row] = hex(buf, p, 2);
      table.txQueue[row] = hex(buf, p + 3, 8);
      table.rxQueue[row] = hex(buf, p + 12, 8);
      table.transport[row] = transport;
      // tr:tm (11) and retrnsmt (8) are fixed too; uid, timeout and inode are padded decimals.
      p += 21 + 12 + 9;
      p = skipWord(buf, p, end);
      p = skipWord(buf, p, end);
      while (p < end && buf[p] === 32) p++;
      let inode = 0;
      while (p < end && buf[p] >= 48 && buf[p] <= 57) inode = inode * 10 + buf[p++] - 48;
      table.inode[row] = inode;
    }
    pos = end + 1;
  }
}

/** `::ffff:0.0.0.0`, as IPv4 addresses stand in a table. */
export const mappedPrefix: Uint32Array = Uint32Array.of(0, 0, 0xffff0000, 0);

function hex(buf: Uint8Array, at: number, digits: number): number {
  let v = 0;
  for (let i = 0; i < digits; i++) v = (v << 4) | (hexDigit[buf[at + i]] & 15);
  return v >>> 0;
}

function skipWord(buf: Uint8Array, at: number, end: number): number {
  while (at < end && buf[at] === 32) at++;
  while (at < end && buf[at] !== 32) at++;
  return at;
}

/**
 * The sockets of the process's network namespace. What the caller does before it waits (reading the descriptors) is done beside the
 * kernel, which writes on another thread.
 */
export function readSockets(proc: ProcReader, pid: number): Promise<SocketTable> {
  const table = dumped(proc, pid);
  // Told to whoever waits; a caller that fails before it does has told its own fault.
  table.catch(() => {});
  return table;
}

async function dumped(proc: ProcReader, pid: number): Promise<SocketTable> {
  const native = proc.root === "/proc" ? libc() : null;
  if (native !== null && inOurNetwork(pid)) {
    const table = new SocketTable();
    if (await SocketDump.begin(native)?.into(table)) return table;
  }
  return readTables(proc, pid, true, false);
}

/** Netlink tells of the caller's namespace only. A process that cannot be asked goes the other way, whose errors are told. */
function inOurNetwork(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync("/proc/self/ns/net");
  } catch {
    return false;
  }
}

/**
 * The listening TCP sockets of the namespace and at most a page of others. The kernel walks its table of listeners before that of
 * connections, so that reading ends where the first connection shows: 50,000 of those cost 60 ms that this saves.
 */
export function readListeners(proc: ProcReader, pid: number): SocketTable {
  return readTables(proc, pid, false, true);
}

/** Streams the files through one buffer: the text of 100,000 sockets is 15 MB that nobody needs whole. */
export function readTables(proc: ProcReader, pid: number, udp: boolean, listening: boolean): SocketTable {
  const table = new SocketTable();
  const files: [string, 0 | 1, 1 | 4][] = [
    ["tcp", 0, 1],
    ["tcp6", 0, 4],
  ];
  if (udp) files.push(["udp", 1, 1], ["udp6", 1, 4]);
  const chunk = Buffer.allocUnsafe(1 << 18);
  for (const [name, transport, words] of files) {
    let fd: number;
    try {
      fd = openSync(`${proc.root}/${pid}/net/${name}`, "r");
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code === "ENOENT" && name !== "tcp") continue; // IPv6 switched off
      throw e;
    }
    try {
      let kept = 0;
      for (;;) {
        const n = readSync(fd, chunk, kept, chunk.length - kept, null);
        if (n === 0) break;
        const size = kept + n;
        // The kernel hands out a page at a time: wait for a good part of the buffer before parsing.
        if (!listening && size < chunk.length - 8192) {
          kept = size;
          continue;
        }
        const last = chunk.lastIndexOf(10, size - 1);
        const before = table.count;
        parseSockets(chunk, 0, last, transport, words, table);
        if (listening && table.count > before && table.state[table.count - 1] !== LISTEN) {
          kept = 0;
          break;
        }
        chunk.copyWithin(0, last + 1, size);
        kept = size - last - 1;
      }
      if (kept > 0) parseSockets(chunk, 0, kept, transport, words, table);
    } finally {
      closeSync(fd);
    }
  }
  return table;
}

export interface UnixSocket {
  readonly inode: number;
  readonly path: string;
  readonly listening: boolean;
}

export function readUnixSockets(proc: ProcReader, pid: number): UnixSocket[] {
  const out: UnixSocket[] = [];
  for (const m of proc
    .text(`${pid}/net/unix`)
    .matchAll(/^[0-9a-fA-F]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +(\d+) ?(.*)$/gm))
    out.push({ inode: Number(m[2]), path: m[3], listening: (Number.parseInt(m[1], 16) & 0x10000) !== 0 });
  return out;
}

/** The process's own connections with one peer in one state. */
export interface SocketGroup {
  readonly transport: Transport;
  readonly state: string;
  /** `in`: the peer came to one of our ports; `out`: we went to the peer's port. */
  readonly direction: "in" | "out" | "listen";
  /** For `out` the peer's address and port, for `in` and `listen` our port and, for `in`, the peer's address. */
  readonly peer: string;
  readonly port: number;
  readonly count: number;
  /** Connections with bytes that the program has not read. A CLOSE_WAIT with one unread byte is a FIN nobody looked at. */
  readonly unread: number;
  /** Of `in`: those whose other end is this process's too, dialled by itself. */
  readonly fromOurselves: number;
  /** Descriptors of the first 64. */
  readonly fds: readonly number[];
  /** Of `out`, our ports of the first thousand: they tell one connection from the next. */
  readonly localPorts: readonly number[];
}

export interface OwnSockets {
  readonly groups: readonly SocketGroup[];
  readonly listening: readonly { readonly address: string; readonly port: number }[];
  readonly total: number;
  /** TIME_WAIT and FIN_WAIT2 rows of the namespace by peer port or own listening port: nobody owns them, their number shows churn. */
  readonly unowned: readonly SocketGroup[];
  /** Socket descriptors that are neither TCP nor UDP (unix, netlink, packet…). */
  readonly other: number;
}

export function ownSockets(table: SocketTable, fds: FdTable): OwnSockets {
  const fdOfInode = new Map<number, number>();
  const socketKind = fdKinds.indexOf("socket");
  for (let i = 0; i < fds.count; i++) if (fds.kinds[i] === socketKind) fdOfInode.set(fds.inodes[i], fds.numbers[i]);
  const listening: { address: string; port: number }[] = [];
  const ownPorts = new Set<number>();
  for (let r = 0; r < table.count; r++)
    if (table.transport[r] === 0 && table.state[r] === 10 && fdOfInode.has(table.inode[r])) {
      ownPorts.add(table.localPort[r]);
      listening.push({ address: table.localText(r), port: table.localPort[r] });
    }
  const owned = new Groups(table);
  const unowned = new Groups(table);
  // Ports on which this process talks: unowned rows count only where they touch one of these.
  const peersTalked = new Set<number>();
  // Our ends of connections to a port of our own, whose other ends may be ours as well: those are told when all are known.
  const dialled = new Set<string>();
  const accepted: number[] = [];
  let total = 0;
  for (let r = 0; r < table.count; r++) {
    const fd = table.inode[r] === 0 ? undefined : fdOfInode.get(table.inode[r]);
    if (fd === undefined) continue;
    total++;
    if (ownPorts.has(table.localPort[r])) {
      accepted.push(r);
      continue;
    }
    if (table.transport[r] === 0) {
      peersTalked.add(table.peerPort[r]);
      if (ownPorts.has(table.peerPort[r])) dialled.add(connection(table, r, false));
    }
    owned.add(r, false, fd);
  }
  for (const r of accepted) {
    const fromOurselves = dialled.size > 0 && dialled.has(connection(table, r, true));
    owned.add(r, true, fdOfInode.get(table.inode[r]) ?? -1, fromOurselves);
  }
  for (let r = 0; r < table.count; r++) {
    if (table.inode[r] !== 0 || table.transport[r] !== 0) continue;
    const inbound = ownPorts.has(table.localPort[r]);
    if (inbound || peersTalked.has(table.peerPort[r])) unowned.add(r, inbound, -1);
  }
  return { groups: owned.sorted(), listening, total, unowned: unowned.sorted(), other: fdOfInode.size - total };
}

/** Which connection each of these descriptors is; without those that are none. */
export function connectionsOf(
  table: SocketTable,
  fds: FdTable,
  wanted: ReadonlySet<number>,
): Map<number, Pick<SocketGroup, "direction" | "peer" | "port" | "state">> {
  const out = new Map<number, Pick<SocketGroup, "direction" | "peer" | "port" | "state">>();
  const ports = new Set(ownSockets(table, fds).listening.map((l) => l.port));
  const fdOfInode = new Map<number, number>();
  for (let i = 0; i < fds.count; i++)
    if (fds.inodes[i] > 0 && wanted.has(fds.numbers[i])) fdOfInode.set(fds.inodes[i], fds.numbers[i]);
  for (let r = 0; r < table.count; r++) {
    const fd = fdOfInode.get(table.inode[r]);
    if (fd === undefined || table.transport[r] !== 0 || table.state[r] === LISTEN) continue;
    const inbound = ports.has(table.localPort[r]);
    out.set(fd, {
      direction: inbound ? "in" : "out",
      peer: table.peerText(r),
      port: inbound ? table.localPort[r] : table.peerPort[r],
      state: tcpStates[table.state[r]] ?? `state ${table.state[r]}`,
    });
  }
  return out;
}

/** Equal for the two ends of one connection, where one of them is turned round. */
function connection({ local, peer, localPort, peerPort }: SocketTable, r: number, turned: boolean): string {
  const at = r * 4;
  const near = `${local[at]}.${local[at + 1]}.${local[at + 2]}.${local[at + 3]}:${localPort[r]}`;
  const far = `${peer[at]}.${peer[at + 1]}.${peer[at + 2]}.${peer[at + 3]}:${peerPort[r]}`;
  return turned ? `${far} ${near}` : `${near} ${far}`;
}

interface Draft {
  group: Omit<SocketGroup, "count" | "unread" | "fromOurselves" | "fds" | "localPorts">;
  /** Its first row, which all the others are like. */
  row: number;
  inbound: boolean;
  count: number;
  unread: number;
  fromOurselves: number;
  fds: number[];
  localPorts: number[];
}

const MOST_PORTS = 1000;

/** Rows by peer and state. Found by number: a name for each of 40,000 rows would take as long as their descriptors. */
class Groups {
  private readonly drafts: Draft[] = [];
  private readonly byHash = new Map<number, Draft[]>();

  constructor(private readonly table: SocketTable) {}

  /** `fd` below 0: nobody's. */
  add(r: number, inbound: boolean, fd: number, fromOurselves = false): void {
    const { table } = this;
    const draft = this.find(r, inbound);
    const listen = table.state[r] === LISTEN && table.transport[r] === 0;
    draft.count++;
    if (fromOurselves) draft.fromOurselves++;
    if (table.rxQueue[r] > 0 && !listen) draft.unread++;
    if (fd >= 0 && draft.fds.length < 64) draft.fds.push(fd);
    if (fd >= 0 && !inbound && !listen && draft.localPorts.length < MOST_PORTS)
      draft.localPorts.push(table.localPort[r]);
  }

  /** The largest first. */
  sorted(): SocketGroup[] {
    return this.drafts
      .map((d): SocketGroup => ({
        ...d.group,
        count: d.count,
        unread: d.unread,
        fromOurselves: d.fromOurselves,
        fds: d.fds,
        localPorts: d.localPorts,
      }))
      .sort((a, b) => b.count - a.count);
  }

  private find(r: number, inbound: boolean): Draft {
    const { peer, state } = this.table;
    const at = r * 4;
    let hash = this.portOf(r, inbound) * 64 + state[r];
    for (let i = 0; i < 4; i++) hash = (Math.imul(hash, 31) + peer[at + i]) | 0;
    let list = this.byHash.get(hash);
    if (list === undefined) this.byHash.set(hash, (list = []));
    for (const d of list) if (d.inbound === inbound && this.isLike(d.row, r, inbound)) return d;
    const draft = this.draft(r, inbound);
    list.push(draft);
    this.drafts.push(draft);
    return draft;
  }

  private isLike(a: number, b: number, inbound: boolean): boolean {
    const { transport, state, peer } = this.table;
    if (transport[a] !== transport[b] || state[a] !== state[b]) return false;
    if (this.portOf(a, inbound) !== this.portOf(b, inbound)) return false;
    for (let i = 0; i < 4; i++) if (peer[a * 4 + i] !== peer[b * 4 + i]) return false;
    return true;
  }

  private portOf(r: number, inbound: boolean): number {
    const { transport, state, localPort, peerPort } = this.table;
    return inbound || (state[r] === LISTEN && transport[r] === 0) ? localPort[r] : peerPort[r];
  }

  private draft(r: number, inbound: boolean): Draft {
    const { table } = this;
    const state = table.state[r];
    const tcp = table.transport[r] === 0;
    const listen = tcp && state === LISTEN;
    return {
      group: {
        transport: tcp ? "tcp" : "udp",
        state: tcp ? (tcpStates[state] ?? `state ${state}`) : state === 7 ? "UNCONNECTED" : "CONNECTED",
        direction: listen ? "listen" : inbound ? "in" : "out",
        peer: listen ? table.localText(r) : table.peerText(r),
        port: this.portOf(r, inbound),
      },
      row: r,
      inbound,
      count: 0,
      unread: 0,
      fromOurselves: 0,
      fds: [],
      localPorts: [],
    };
  }
}
