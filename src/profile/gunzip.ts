/**
 * gzip through the platform's own DecompressionStream, which browsers and Node both have, with a limit on what comes out: a
 * decompression bomb is cut off when it passes the limit, not when memory ends.
 */
import { ProfileError } from "./errors.ts";
import { isGzip } from "./open.ts";

/** 1 GiB: a thousand times the largest real profile seen. */
export const DECOMPRESSED_LIMIT = 1 << 30;

/** Bytes that are not gzip come back as they are. */
export async function gunzip(bytes: Uint8Array, limit: number = DECOMPRESSED_LIMIT): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > limit) throw new ProfileError(`decompresses to more than ${limit >> 20} MiB: refused`);
      chunks.push(chunk);
    }
  } catch (e) {
    if (e instanceof ProfileError) throw e;
    throw new ProfileError("the gzip data is damaged or cut short");
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
