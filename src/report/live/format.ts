/** Numbers, times and names for people. */

/** Names come from the target: nothing in them may steer the terminal. Control, format and bidi characters show as \xNN or \u{NNNN}. */
export function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => {
    const code = c.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

export function count(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

export function bytes(n: number): string {
  const abs = Math.abs(n);
  if (abs < 1024) return `${n} B`;
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let v = n / 1024;
  let u = 0;
  while (Math.abs(v) >= 1024 && u < units.length - 1) {
    v /= 1024;
    u++;
  }
  return `${v.toFixed(Math.abs(v) < 100 ? 1 : 0)} ${units[u]}`;
}

export function signed(n: number, show: (n: number) => string): string {
  return n === 0 ? "±0" : `${n > 0 ? "+" : "−"}${show(Math.abs(n))}`;
}

/** `3 d 4 h`, `12 min`, `8 s`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 120) return `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 48) return `${h} h ${m % 60} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

export function minutesText(m: { readonly least: number; readonly median: number; readonly most: number }): string {
  const show = (n: number): string => (n < 2 ? `${n} min` : span(n * 60));
  // Stamped by the collector, so it is the least that they have waited.
  return m.least === m.most ? `≥ ${show(m.least)}` : `${show(m.least)} to ${show(m.most)}`;
}

/** Cuts in the middle, where paths say least. */
export function fit(text: string, width: number): string {
  if (text.length <= width) return text;
  if (width < 8) return text.slice(0, Math.max(0, width));
  const head = Math.ceil((width - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

/** Words broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const out: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      out.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") out.push(line);
  return out;
}

/** Last two elements of a path: `http/server.go`. */
export function shortFile(file: string): string {
  const parts = file.replaceAll("\\", "/").split("/");
  return parts.slice(-2).join("/");
}
