/** The files of a tar archive (ustar, as bundles are written): names and bytes, without copying them. */

const BLOCK = 512;
const text = new TextDecoder();

/** Null where the bytes are no tar. */
export function readTar(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | null {
  if (bytes.length < BLOCK || text.decode(bytes.subarray(257, 262)) !== "ustar") return null;
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const field = (from: number, to: number): string => text.decode(header.subarray(from, to)).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 136).trim(), 8);
    if (!Number.isFinite(size) || size < 0 || at + BLOCK + size > bytes.length) break;
    files.set(field(0, 100), bytes.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
