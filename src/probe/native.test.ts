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
import { dumpSockets } from "./sock-diag.ts";
import { readTables, SocketTable } from "./sockets.ts";

const native = libc();
const scratch = mkdtempSync(join(tmpdir(), "stanch-native-"));
afterAll(() => rmSync(scratch, { recursive: true }));

it("is there on Linux, where the tests run", () => {
  expect(native === null).toBe(process.platform !== "linux" || !!process.env["STANCH_NO_NATIVE"]);
});

describe("eachLink", () => {
  const list = (read: typeof eachLink, folder: string): string[] => {
    const out: string[] = [];
    read(folder, (name, target, length) =>
      out.push(`${name} → ${length} ${Buffer.from(target.subarray(0, length)).toString().slice(0, 80)}`),
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

describe.runIf(native !== null)("dumpSockets", () => {
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
  });
  afterAll(() => {
    for (const close of opened) close();
  });

  it("says of this process's sockets what /proc/net says, both families, with states and queues", () => {
    const proc = new ProcReader();
    const fds = readFds(proc, process.pid);
    const own = new Set<number>(fds.inodes);
    own.delete(0);
    const rows = (t: SocketTable): string[] => {
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
    };
    const table = new SocketTable();
    expect(dumpSockets(native!, true, table)).toBe(true);
    const want = rows(readTables(proc, process.pid, true, false));
    // 2 × (a listener, 40 ends that connected, 40 that were accepted), and the UDP socket.
    expect(want.length).toBeGreaterThanOrEqual(163);
    expect(rows(table)).toEqual(want);
  });

  it("leaves the table as it was where the kernel refuses, ends early or sends nonsense", () => {
    const answers: ((into: Uint8Array) => number)[] = [
      () => -1,
      () => 3,
      (into) => {
        Buffer.from(into.buffer, into.byteOffset).writeUInt32LE(16, 0);
        Buffer.from(into.buffer, into.byteOffset).writeUInt16LE(2, 4); // an error
        return 16;
      },
      (into) => {
        Buffer.from(into.buffer, into.byteOffset).writeUInt32LE(0, 0); // a length that would never get on
        return 64;
      },
      (into) => {
        Buffer.from(into.buffer, into.byteOffset).writeUInt32LE(1 << 20, 0); // past the end
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
        recv: (_fd, into) => answer(into),
        close: () => closed++,
      };
      expect(dumpSockets(lying, true, table)).toBe(false);
      expect(table.count).toBe(1);
      expect(closed).toBe(1);
    }
    expect(dumpSockets({ ...native!, socket: () => -1 }, true, new SocketTable())).toBe(false);
    expect(dumpSockets({ ...native!, socket: () => 99, send: () => -1, close: () => 0 }, true, new SocketTable())).toBe(
      false,
    );
  });
});
