/**
 * A few calls of the C library that Node has no name for, through koffi (an optional dependency: a binding built beforehand, nothing is
 * compiled). They matter where a process has ten thousand descriptors: Node's readlink takes twice the kernel's own time, and netlink
 * tells of sockets in a third of the time that /proc/net/tcp takes to be written. Where koffi is not there, all is read from /proc.
 */
import { createRequire } from "node:module";

export interface Libc {
  /** As in socket(2): a descriptor, or -1. */
  socket(family: number, type: number, protocol: number): number;
  send(fd: number, data: Uint8Array, size: number, flags: number): number;
  recv(fd: number, into: Uint8Array, size: number, flags: number): number;
  /**
   * As many waiting messages as there are `lengths`, on a thread of their own: message i into the bytes from i × `size` on, its length
   * into `lengths`. How many came; 0 or less where none did.
   */
  recvMany(fd: number, into: Uint8Array, size: number, lengths: Uint32Array, flags: number): Promise<number>;
  close(fd: number): number;
  /** `name` ends with a NUL. Bytes written to `into`, not terminated; -1 where the link is gone. */
  readlinkat(folder: number, name: Uint8Array, into: Uint8Array, size: number): number;
  /** Bytes of `struct linux_dirent64` written to `into`; 0 at the end, -1 on an error. */
  getdents64(folder: number, into: Uint8Array, size: number): number;
}

/** The structures below are those of 64-bit little-endian machines. */
const wordsOf64: ReadonlySet<string> = new Set(["x64", "arm64", "riscv64", "loong64"]);

let loaded: Libc | null | undefined;

/** Null on other systems than Linux, without koffi, and with STANCH_NO_NATIVE set to something. */
export function libc(): Libc | null {
  if (loaded === undefined) {
    loaded = null;
    if (process.platform === "linux" && wordsOf64.has(process.arch) && !process.env["STANCH_NO_NATIVE"])
      try {
        loaded = load();
      } catch {
        // No binding for this machine, or a C library without one of the names (getdents64: glibc 2.30).
      }
  }
  return loaded;
}

/** What another thread has only the address of: not to be collected before it is done. */
const writtenTo = new Set<object>();

function load(): Libc {
  // Bundled as external, and asked for only when first used: a third of the commands never look at /proc.
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const lib = koffi.load(null);
  const recvmmsg = lib.func("int recvmmsg(int, void *, uint, int, void *)");
  return {
    socket: lib.func("int socket(int, int, int)"),
    send: lib.func("long send(int, void *, size_t, int)"),
    recv: lib.func("long recv(int, void *, size_t, int)"),
    // struct iovec { void *base; size_t len; }                                                                          16 bytes
    // struct mmsghdr { msghdr { void *name; u32 namelen; iovec *iov; size_t iovlen; void *control; size_t controllen;
    //                           int flags; }; u32 len; }                                                                64 bytes
    recvMany: (fd, into, size, lengths, flags) => {
      const count = lengths.length;
      const vectors = new BigUint64Array(count * 2);
      const headers = new BigUint64Array(count * 8);
      const data = koffi.address(into);
      const first = koffi.address(vectors);
      for (let i = 0; i < count; i++) {
        vectors[i * 2] = data + BigInt(i * size);
        vectors[i * 2 + 1] = BigInt(size);
        headers[i * 8 + 2] = first + BigInt(i * 16);
        headers[i * 8 + 3] = 1n;
      }
      const written = { into, vectors };
      writtenTo.add(written);
      return new Promise((done) =>
        recvmmsg.async(fd, headers, count, flags, null, (error: unknown, came: number) => {
          writtenTo.delete(written);
          for (let i = 0; i < came; i++) lengths[i] = Number(headers[i * 8 + 7] & 0xffffffffn);
          done(error ? -1 : came);
        }),
      );
    },
    close: lib.func("int close(int)"),
    readlinkat: lib.func("long readlinkat(int, const void *, void *, size_t)"),
    getdents64: lib.func("long getdents64(int, void *, size_t)"),
  };
}
