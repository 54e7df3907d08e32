/**
 * The time of looks: the wall's, but one that never goes back. A clock that is set back (by hand, by NTP, by a host that resumes) would
 * make looks older than those before them, and they would not count until it has caught up. Set forward it is a gap, as it should be.
 */
export function steadyClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  let time = wall();
  let at = monotonic();
  return () => {
    const now = monotonic();
    time = Math.max(wall(), Math.round(time + (now - at)));
    at = now;
    return time;
  };
}
