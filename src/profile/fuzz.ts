/**
 * Deterministic damage for the decoders' fuzz tests: each seed changes real inputs in a few places (bits, bytes, cuts, repeats, varints
 * at their limits), so that a failure is found again by its number.
 */
export function mutate(input: Uint8Array, seed: number): Uint8Array {
  // splitmix32: neighbouring seeds must not give neighbouring damage.
  let state = seed | 0;
  const next = (n: number): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    z ^= z >>> 15;
    return n <= 0 ? 0 : (z >>> 0) % n;
  };
  // Not slice(): of a Buffer that is a view, and the damage would stay in the input.
  let out = new Uint8Array(input);
  // Half the inputs are hurt once and in place: damage that gets past the framing reaches further in.
  const gentle = next(2) === 0;
  const times = gentle ? 1 : 1 + next(6);
  for (let t = 0; t < times && out.length > 0; t++) {
    const at = next(out.length);
    switch (next(gentle ? 2 : 8)) {
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
