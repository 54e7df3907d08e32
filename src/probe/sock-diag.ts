/**
 * Sockets of our own network namespace from the kernel in binary form (NETLINK_SOCK_DIAG, sock_diag(7)): the rows of /proc/net/tcp
 * without the kernel writing and us reading 15 MB of text. What `ss` uses.
 *
 *     struct inet_diag_req_v2 { u8 family, protocol, ext, pad; u32 states; inet_diag_sockid id; }              56 bytes
 *     struct inet_diag_req    { u8 family, src_len, dst_len, ext; inet_diag_sockid id; u32 states, dbs; }      60 bytes
 *     struct inet_diag_msg    { u8 family, state, timer, retrans; inet_diag_sockid id;
 *                               u32 expires, rqueue, wqueue, uid, inode; }                                     72 bytes
 *     struct inet_diag_sockid { be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2]; }               48 bytes
 *
 * TCP is asked for by the older request: it alone is answered for both families in one walk through the kernel's table of connections,
 * whose empty buckets take some 20 ms a walk on a machine of 24 GB (inet_diag_dump_compat in net/ipv4/inet_diag.c: "sdiag_family = AF_UNSPEC").
 */
import type { Libc } from "./libc.ts";
import { LISTEN, type SocketTable } from "./sockets.ts";

const AF_NETLINK = 16;
const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const UDP = 17;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const TCPDIAG_GETSOCK = 18;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** The whole dump is made while it is asked for and received: nothing ever waits, and an empty queue is a fault. */
const MSG_DONTWAIT = 0x40;
const HEADER = 16;
/** A row without attributes. */
const LEAST_MESSAGE = HEADER + 72;
const ALL_STATES = 0xffffffff;

/** The kernel writes a dump in pieces of at most this (netlink_recvmsg). */
const PIECE = 1 << 15;
/** Pieces taken by the other thread in one call: 70,000 sockets. Memory that no piece is written to is never there. */
const AHEAD = 256;

/** What the kernel says of TCP, then of UDP; the first pieces come in on another thread from the moment that this is made. */
export class SocketDump {
  private readonly buffer = Buffer.allocUnsafeSlow(AHEAD * PIECE);
  private readonly words = new Uint32Array(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length >> 2);
  private readonly lengths = new Uint32Array(AHEAD);
  private readonly ahead: Promise<number>;
  private readonly native: Libc;
  private readonly fd: number;

  private constructor(native: Libc, fd: number) {
    this.native = native;
    this.fd = fd;
    this.ahead = native.recvMany(fd, this.buffer, PIECE, this.lengths, MSG_DONTWAIT);
  }

  /** Null where the kernel has no such socket for us (a seccomp filter). */
  static begin(native: Libc): SocketDump | null {
    const fd = native.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) return null;
    if (ask(native, fd, bothFamilies())) return new SocketDump(native, fd);
    native.close(fd);
    return null;
  }

  /** Rows appended to `table`. False, with the table as it was, where the kernel does not answer (no udp_diag, …). To be called once. */
  async into(table: SocketTable): Promise<boolean> {
    const before = table.count;
    try {
      const came = await this.ahead;
      let bytes = 0;
      for (let i = 0; i < came; i++) bytes += this.lengths[i];
      table.reserve(before + Math.floor(bytes / LEAST_MESSAGE));
      let end: End = "more";
      for (let i = 0; i < came && end === "more"; i++) end = this.piece(i * PIECE, this.lengths[i], 0, table);
      if (end === "more") end = this.rest(0, table);
      let tcp = end === "done";
      if (!tcp) {
        // A kernel without the older request.
        table.count = before;
        tcp = this.family(AF_INET, TCP, 0, table) && this.family(AF_INET6, TCP, 0, table);
      }
      if (tcp && this.family(AF_INET, UDP, 1, table) && this.family(AF_INET6, UDP, 1, table)) return true;
      table.count = before;
      return false;
    } finally {
      this.native.close(this.fd);
    }
  }

  private family(family: number, protocol: number, transport: 0 | 1, table: SocketTable): boolean {
    return ask(this.native, this.fd, oneFamily(family, protocol)) && this.rest(transport, table) === "done";
  }

  private rest(transport: 0 | 1, table: SocketTable): End {
    for (;;) {
      const size = this.native.recv(this.fd, this.buffer, PIECE, MSG_DONTWAIT);
      const end = this.piece(0, size, transport, table);
      if (end !== "more") return end;
    }
  }

  private piece(from: number, size: number, transport: 0 | 1, table: SocketTable): End {
    if (size < HEADER) return "fault";
    const { words } = this;
    // In words from here on: messages and their fields are aligned so.
    const stop = (from + size) >> 2;
    for (let at = from >> 2; at + HEADER / 4 <= stop;) {
      const length = words[at];
      const type = words[at + 1] & 0xffff;
      if (type === NLMSG_DONE) return "done";
      if (type === NLMSG_ERROR || length < HEADER || at + (length >>> 2) > stop) return "fault";
      // Answers to the older request carry its number.
      if ((type === SOCK_DIAG_BY_FAMILY || type === TCPDIAG_GETSOCK) && length >= LEAST_MESSAGE)
        addRow(table, words, at + HEADER / 4, transport);
      at += (length + 3) >>> 2;
    }
    return "more";
  }
}

type End = "more" | "done" | "fault";

function ask(native: Libc, fd: number, request: Buffer): boolean {
  return native.send(fd, request, request.length, 0) === request.length;
}

function message(type: number, payload: number): Buffer {
  const request = Buffer.alloc(HEADER + payload);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(type, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  return request;
}

function bothFamilies(): Buffer {
  const request = message(TCPDIAG_GETSOCK, 60);
  request[HEADER] = AF_INET;
  request.writeUInt32LE(ALL_STATES, HEADER + 52);
  return request;
}

function oneFamily(family: number, protocol: number): Buffer {
  const request = message(SOCK_DIAG_BY_FAMILY, 56);
  request[HEADER] = family;
  request[HEADER + 1] = protocol;
  request.writeUInt32LE(ALL_STATES, HEADER + 4);
  return request;
}

/** `at` is the first word of an inet_diag_msg. */
function addRow(table: SocketTable, words: Uint32Array, at: number, transport: 0 | 1): void {
  const row = table.add();
  const state = (words[at] >>> 8) & 255;
  table.transport[row] = transport;
  table.state[row] = state;
  const ports = words[at + 1];
  table.localPort[row] = ((ports & 255) << 8) | ((ports >>> 8) & 255);
  table.peerPort[row] = (((ports >>> 16) & 255) << 8) | (ports >>> 24);
  const { local, peer } = table;
  const to = row * 4;
  if ((words[at] & 255) === AF_INET) {
    // As `mappedPrefix`; a row may be one that was taken back, so the zeros are written too.
    local[to] = local[to + 1] = peer[to] = peer[to + 1] = 0;
    local[to + 2] = peer[to + 2] = 0xffff0000;
    local[to + 3] = words[at + 2];
    peer[to + 3] = words[at + 6];
  } else
    for (let i = 0; i < 4; i++) {
      local[to + i] = words[at + 2 + i];
      peer[to + i] = words[at + 6 + i];
    }
  table.rxQueue[row] = words[at + 14];
  // Of a listener it is the length its backlog may have, where /proc says 0.
  table.txQueue[row] = state === LISTEN ? 0 : words[at + 15];
  table.inode[row] = words[at + 17];
}
