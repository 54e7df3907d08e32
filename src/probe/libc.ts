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
  close(fd: number): number;
  /** Bytes written to `into`, not terminated; -1 where the link is gone. */
  readlinkat(folder: number, name: string, into: Uint8Array, size: number): number;
  /** Bytes of `struct linux_dirent64` written to `into`; 0 at the end, -1 on an error. */
  getdents64(folder: number, into: Uint8Array, size: number): number;
}

let loaded: Libc | null | undefined;

/** Null on other systems than Linux, without koffi, and with STANCH_NO_NATIVE set to something. */
export function libc(): Libc | null {
  if (loaded === undefined) {
    loaded = null;
    if (process.platform === "linux" && !process.env["STANCH_NO_NATIVE"])
      try {
        loaded = load();
      } catch {
        // No binding for this machine, or a C library without one of the names (getdents64: glibc 2.30).
      }
  }
  return loaded;
}

function load(): Libc {
  // Bundled as external, and asked for only when first used: a third of the commands never look at /proc.
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const lib = koffi.load(null);
  return {
    socket: lib.func("int socket(int, int, int)"),
    send: lib.func("long send(int, void *, size_t, int)"),
    recv: lib.func("long recv(int, void *, size_t, int)"),
    close: lib.func("int close(int)"),
    readlinkat: lib.func("long readlinkat(int, const char *, void *, size_t)"),
    getdents64: lib.func("long getdents64(int, void *, size_t)"),
  };
}
