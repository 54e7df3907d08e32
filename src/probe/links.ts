/** Every symbolic link of a folder with its target, as /proc/PID/fd has them: one per descriptor, often thousands. */
import { closeSync, constants, openSync, readdirSync, readlinkSync } from "node:fs";
import { libc, type Libc } from "./libc.ts";

/** The bytes are valid until the function returns. */
export type LinkVisitor = (name: string, target: Uint8Array, length: number) => void;

/** A link that is gone by the time it is read is left out. Throws what opening the folder throws. */
export function eachLink(folder: string, visit: LinkVisitor): void {
  const native = libc();
  if (native === null || !eachLinkNative(native, folder, visit)) eachLinkPlain(folder, visit);
}

/** The same with nothing but Node. */
export function eachLinkPlain(folder: string, visit: LinkVisitor): void {
  for (const name of readdirSync(folder)) {
    let target: Buffer;
    try {
      target = readlinkSync(`${folder}/${name}`, { encoding: "buffer" });
    } catch {
      continue;
    }
    visit(name, target, target.length);
  }
}

/**
 *     struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
 *
 * False, and nothing visited, where the folder could be opened and not listed.
 */
function eachLinkNative(native: Libc, folder: string, visit: LinkVisitor): boolean {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const entries = Buffer.allocUnsafe(1 << 15);
    // The kernel gives a link of /proc at most a page.
    const target = Buffer.allocUnsafe(4096);
    const names: string[] = [];
    // Listed whole before the first link is read: the folder changes while the process runs, and a descriptor must not be seen twice.
    for (;;) {
      const size = native.getdents64(fd, entries, entries.length);
      if (size < 0) return false;
      if (size === 0) break;
      for (let at = 0; at < size; at += entries.readUInt16LE(at + 16)) {
        const start = at + 19;
        let end = start;
        while (entries[end] !== 0) end++;
        const name = entries.toString("utf8", start, end);
        if (name !== "." && name !== "..") names.push(name);
      }
    }
    for (const name of names) {
      const length = native.readlinkat(fd, name, target, target.length);
      if (length >= 0) visit(name, target, length);
    }
    return true;
  } finally {
    closeSync(fd);
  }
}
