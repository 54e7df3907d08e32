/** Durations for people, the same on the terminal, in reports and on the page. */

/** What has passed or will, cut to its two largest units: `8 s`, `12 min`, `3 h 5 min`, `3 d 4 h`; `3 h` where nothing is over. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 120) return `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 48) return m % 60 === 0 ? `${h} h` : `${h} h ${m % 60} min`;
  return h % 24 === 0 ? `${h / 24} d` : `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** How long goroutines have waited, in minutes: `≥ 12 min`, `3 min to 4 h`. */
export function waited(minutes: { readonly least: number; readonly most: number }): string {
  const show = (n: number): string => (n < 2 ? `${n} min` : span(n * 60));
  // Stamped by the collector, so it is the least that they have waited.
  return minutes.least === minutes.most
    ? `≥ ${show(minutes.least)}`
    : `${show(minutes.least)} to ${show(minutes.most)}`;
}

/** What was measured: `850 ns`, `12 µs`, `3.4 ms`, `1.25 s`. */
export function nanoseconds(n: number): string {
  const abs = Math.abs(n);
  if (abs < 1e3) return `${Math.round(n)} ns`;
  if (abs < 1e6) return `${(n / 1e3).toFixed(0)} µs`;
  return abs < 1e9 ? `${(n / 1e6).toFixed(1)} ms` : `${(n / 1e9).toFixed(2)} s`;
}
