/**
 * Deterministic damage for the decoders' fuzz tests: each seed changes real inputs in a few places (bits, bytes, cuts, repeats, varints
 * at their limits), so that a failure is found again by its number.
 */
export function mutate(input: Uint8Array, seed: number): Uint8Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  const next = (n: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return n <= 0 ? 0 : state % n;
  };
  let out = input.slice();
  const times = 1 + next(6);
  for (let t = 0; t < times && out.length > 0; t++) {
    const at = next(out.length);
    switch (next(8)) {
      case 0:
        out[at] ^= 1 << next(8);
        break;
      case 1:
        out[at] = next(256);
        break;
      case 2:
        out = out.slice(0, at);
        break;
      case 3:
        out = concat(out.subarray(0, at), out.subarray(Math.min(out.length, at + 1 + next(32))));
        break;
      case 4: {
        const from = next(out.length);
        out = concat(out.subarray(0, at), out.subarray(from, from + next(200)), out.subarray(at));
        break;
      }
      case 5:
        // A varint of all ones: lengths and ids at their limit.
        out = concat(
          out.subarray(0, at),
          Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, next(2)),
          out.subarray(at),
        );
        break;
      case 6:
        for (let k = 0; k < 8 && at + k < out.length; k++) out[at + k] = 0xff;
        break;
      default:
        for (let k = 0, n = next(16); k < n && at + k < out.length; k++) out[at + k] = 0;
    }
  }
  return out;
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
