/**
 * Sockets of our own network namespace from the kernel in binary form (NETLINK_SOCK_DIAG, sock_diag(7)): the rows of /proc/net/tcp
 * without the kernel writing and us reading 15 MB of text. What `ss` uses.
 *
 *     struct inet_diag_req_v2 { u8 family, protocol, ext, pad; u32 states; inet_diag_sockid id; }              56 bytes
 *     struct inet_diag_msg    { u8 family, state, timer, retrans; inet_diag_sockid id;
 *                               u32 expires, rqueue, wqueue, uid, inode; }                                     72 bytes
 *     struct inet_diag_sockid { be16 sport, dport; be32 src[4], dst[4]; u32 if; u32 cookie[2]; }               48 bytes
 */
import type { Libc } from "./libc.ts";
import { LISTEN, mappedPrefix, type SocketTable } from "./sockets.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** The whole dump is made while it is asked for and received: nothing ever waits, and an empty queue is a fault. */
const MSG_DONTWAIT = 0x40;
const HEADER = 16;

const families = [
  { family: 2, words: 1 },
  { family: 10, words: 4 },
] as const;
const protocols = [
  { protocol: 6, transport: 0 },
  { protocol: 17, transport: 1 },
] as const;

/** Rows appended to `table`. False, with the table as it was, where the kernel does not answer (no udp_diag, a seccomp filter, …). */
export function dumpSockets(native: Libc, udp: boolean, table: SocketTable): boolean {
  const before = table.count;
  const fd = native.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return false;
  try {
    const buffer = Buffer.allocUnsafe(1 << 16);
    for (const { protocol, transport } of udp ? protocols : protocols.slice(0, 1))
      for (const { family, words } of families)
        if (!dump(native, fd, family, protocol, buffer, (at) => addRow(table, buffer, at, transport, words))) {
          table.count = before;
          return false;
        }
    return true;
  } finally {
    native.close(fd);
  }
}

function dump(
  native: Libc,
  fd: number,
  family: number,
  protocol: number,
  buffer: Buffer,
  row: (at: number) => void,
): boolean {
  const request = Buffer.alloc(HEADER + 56);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  request[HEADER] = family;
  request[HEADER + 1] = protocol;
  request.writeUInt32LE(0xffffffff, HEADER + 4); // every state
  if (native.send(fd, request, request.length, 0) !== request.length) return false;
  for (;;) {
    const size = native.recv(fd, buffer, buffer.length, MSG_DONTWAIT);
    if (size < HEADER) return false;
    for (let at = 0; at + HEADER <= size;) {
      const length = buffer.readUInt32LE(at);
      const type = buffer.readUInt16LE(at + 4);
      if (type === NLMSG_DONE) return true;
      if (type === NLMSG_ERROR || length < HEADER || at + length > size) return false;
      if (type === SOCK_DIAG_BY_FAMILY && length >= HEADER + 72) row(at + HEADER);
      at += (length + 3) & ~3;
    }
  }
}

function addRow(table: SocketTable, buffer: Buffer, at: number, transport: 0 | 1, words: 1 | 4): void {
  const row = table.add();
  table.transport[row] = transport;
  table.state[row] = buffer[at + 1];
  table.localPort[row] = (buffer[at + 4] << 8) | buffer[at + 5];
  table.peerPort[row] = (buffer[at + 6] << 8) | buffer[at + 7];
  if (words === 1) {
    table.local.set(mappedPrefix, row * 4);
    table.peer.set(mappedPrefix, row * 4);
    table.local[row * 4 + 3] = buffer.readUInt32LE(at + 8);
    table.peer[row * 4 + 3] = buffer.readUInt32LE(at + 24);
  } else
    for (let i = 0; i < 4; i++) {
      table.local[row * 4 + i] = buffer.readUInt32LE(at + 8 + i * 4);
      table.peer[row * 4 + i] = buffer.readUInt32LE(at + 24 + i * 4);
    }
  table.rxQueue[row] = buffer.readUInt32LE(at + 56);
  // Of a listener it is the length its backlog may have, where /proc says 0.
  table.txQueue[row] = table.state[row] === LISTEN ? 0 : buffer.readUInt32LE(at + 60);
  table.inode[row] = buffer.readUInt32LE(at + 68);
}
