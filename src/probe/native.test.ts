/** What the native calls say is held against what /proc says with nothing but Node. */
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { libc, type Libc } from "./libc.ts";
import { eachLink, eachLinkPlain } from "./links.ts";
import { ProcReader, readFds } from "./procfs.ts";
import { SocketDump } from "./sock-diag.ts";
import { readSockets, readTables, SocketTable } from "./sockets.ts";

const native = libc();
const scratch = mkdtempSync(join(tmpdir(), "stanch-native-"));
afterAll(() => rmSync(scratch, { recursive: true }));

it("is there on Linux, where the tests run", () => {
  expect(native === null).toBe(process.platform !== "linux" || !!process.env["STANCH_NO_NATIVE"]);
});

describe("eachLink", () => {
  const list = (read: typeof eachLink, folder: string): string[] => {
    const out: string[] = [];
    read(folder, (name, nameLength, target, length) =>
      out.push(
        `${Buffer.from(name.subarray(0, nameLength)).toString()} → ${length} ${Buffer.from(target.subarray(0, length)).toString().slice(0, 80)}`,
      ),
    );
    return out.sort();
  };

  it("reads the same of a folder as Node does: long names, bytes of UTF-8, no links, a thousand entries", () => {
    writeFileSync(join(scratch, "file"), "");
    symlinkSync("pfad/mit/ümläut", join(scratch, "näme"));
    symlinkSync("x".repeat(4000), join(scratch, "y".repeat(250)));
    for (let i = 0; i < 1500; i++) symlinkSync(`socket:[${i}]`, join(scratch, String(i)));
    const plain = list(eachLinkPlain, scratch);
    expect(plain).toHaveLength(1502);
    expect(list(eachLink, scratch)).toEqual(plain);
  });

  it("throws what opening throws", () => {
    expect(() => eachLink(join(scratch, "missing"), () => {})).toThrow("ENOENT");
    expect(() => eachLinkPlain(join(scratch, "missing"), () => {})).toThrow("ENOENT");
  });

  it("tells the descriptors of this process: kinds, inodes, files", () => {
    const deleted = join(scratch, "deleted");
    writeFileSync(deleted, "");
    const fd = openSync(deleted, "r");
    rmSync(deleted);
    try {
      const fds = readFds(new ProcReader(), process.pid);
      const row = fds.numbers.indexOf(fd);
      expect(fds.targets[row]).toBe(`${deleted} (deleted)`);
      expect(fds.kinds[row]).toBe(3);
      for (let i = 0; i < fds.count; i++) expect(fds.inodes[i] > 0).toBe(fds.kinds[i] <= 1);
    } finally {
      closeSync(fd);
    }
  });
});

describe.runIf(native !== null)("SocketDump", () => {
  const opened: (() => void)[] = [];
  let port = 0;
  beforeAll(async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const server = createServer((socket) => void socket.on("error", () => {}).write("unread"));
      await new Promise<void>((done) => void server.listen(0, host, done));
      ({ port } = server.address() as { port: number });
      for (let i = 0; i < 40; i++) {
        const socket = connect(port, host);
        await new Promise<void>((done) => socket.once("connect", () => done()));
        socket.pause();
        opened.push(() => socket.destroy());
      }
      opened.push(() => server.close());
    }
    const udp = createSocket("udp4");
    await new Promise<void>((done) => void udp.bind(0, "127.0.0.1", done));
    opened.push(() => void udp.close());
    for (const inode of readFds(new ProcReader(), process.pid).inodes) if (inode > 0) own.add(inode);
    // Bytes are on their way still, and a paused socket may take in what had come before.
    const now = (): string => rows(readTables(new ProcReader(), process.pid, true, false)).join();
    for (let before = ""; before !== now();) {
      before = now();
      await new Promise((done) => setTimeout(done, 50));
    }
  });
  afterAll(() => {
    for (const close of opened) close();
  });

  /** Of this process when all were open: the runner may open and close some of its own meanwhile. */
  const own = new Set<number>();
  /** Those of the table, a line each. */
  function rows(t: SocketTable): string[] {
    const out: string[] = [];
    for (let r = 0; r < t.count; r++)
      if (own.has(t.inode[r]))
        out.push(
          [
            t.transport[r],
            t.state[r],
            `${t.localText(r)}:${t.localPort[r]}`,
            `${t.peerText(r)}:${t.peerPort[r]}`,
            t.rxQueue[r],
            t.txQueue[r],
            t.inode[r],
          ].join(" "),
        );
    return out.sort();
  }

  async function dumped(through: Libc): Promise<string[] | null> {
    const table = new SocketTable();
    return (await SocketDump.begin(through)?.into(table)) ? rows(table) : null;
  }

  it("says of this process's sockets what /proc/net says, both families, with states and queues", async () => {
    const want = rows(readTables(new ProcReader(), process.pid, true, false));
    // 2 × (a listener, 40 ends that connected, 40 that were accepted), and the UDP socket.
    expect(want.length).toBeGreaterThanOrEqual(163);
    expect(await dumped(native!)).toEqual(want);
    expect(rows(await readSockets(new ProcReader(), process.pid))).toEqual(want);
  });

  it("says the same where no piece comes ahead, and where the kernel knows the newer request only", async () => {
    const want = await dumped(native!);
    expect(await dumped({ ...native!, recvMany: async () => -1 })).toEqual(want);
    const TCPDIAG_GETSOCK = 18;
    const newer: Libc = {
      ...native!,
      send(fd, data, size, flags) {
        const sent = Buffer.from(data);
        // Of no kind that is known: answered with an error.
        if (sent.readUInt16LE(4) === TCPDIAG_GETSOCK) sent.writeUInt16LE(17, 4);
        return native!.send(fd, sent, size, flags);
      },
    };
    expect(await dumped(newer)).toEqual(want);
  });

  it("leaves the table as it was where the kernel refuses, ends early or sends nonsense", async () => {
    // The memory that is answered into holds whatever was there, the sign that all is said perhaps: each answer says its type.
    const row = 20;
    const answers: ((into: Buffer) => number)[] = [
      () => -1,
      () => 3,
      (into) => {
        into.writeUInt32LE(16, 0);
        into.writeUInt16LE(2, 4); // an error
        return 16;
      },
      (into) => {
        into.writeUInt16LE(row, 4);
        into.writeUInt32LE(0, 0); // a length that would never get on
        return 64;
      },
      (into) => {
        into.writeUInt16LE(row, 4);
        into.writeUInt32LE(1 << 20, 0); // past the end
        return 64;
      },
      (into) => {
        into.writeUInt16LE(row, 4);
        into.writeUInt32LE(0xffffffff, 0); // past the end of all memory
        return 64;
      },
    ];
    for (const answer of answers) {
      const table = new SocketTable();
      table.add();
      let closed = 0;
      const lying: Libc = {
        ...native!,
        socket: () => 99,
        send: (_fd, data) => data.length,
        recv: (_fd, into) => answer(Buffer.from(into.buffer, into.byteOffset)),
        recvMany: async (_fd, into, _size, lengths) => {
          lengths[0] = answer(Buffer.from(into.buffer, into.byteOffset));
          return 1;
        },
        close: () => closed++,
      };
      expect(await SocketDump.begin(lying)!.into(table)).toBe(false);
      expect(table.count).toBe(1);
      expect(closed).toBe(1);
    }
    expect(SocketDump.begin({ ...native!, socket: () => -1 })).toBe(null);
    let closed = 0;
    expect(SocketDump.begin({ ...native!, socket: () => 99, send: () => -1, close: () => closed++ })).toBe(null);
    expect(closed).toBe(1);
  });
});
