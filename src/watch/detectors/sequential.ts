/**
 * How often a test may be asked without the error rates adding up. A signal is looked at again and again while it is watched; the k-th
 * look may spend errorRate / (k·(k+1)) of its chance to be wrong, which sums up to errorRate over all looks there will ever be, and a look
 * tests TESTS hypotheses (windows, block counts, and clocks: time and work), each with an equal part.
 */
export const TESTS = 16;

/** Samples before the first look: with fewer, no increment test can be sure. */
export const FIRST_LOOK = 12;

/** A p-value of one test of look `look` (from 1), as a bound on the chance to be wrong in the whole segment. */
export function bound(p: number, look: number): number {
  return Math.min(1, p * TESTS * look * (look + 1));
}

/** The p-value that one test of look `look` must reach. */
export function spend(errorRate: number, look: number): number {
  return errorRate / (TESTS * look * (look + 1));
}

/** Samples at which the next look is due: after an eighth more, at most 20 more. */
export function nextLook(samples: number): number {
  return samples + Math.max(1, Math.min(20, Math.floor(samples / 8)));
}
