/** Text as HTML: nothing in it is markup but what is made here. */

const keywords =
  /^(?:break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package|range|return|select|struct|switch|type|var|nil|true|false)$/;

/** A line of Go with its words marked. A raw string or comment over several lines is marked where it begins only. */
export function code(text: string): string {
  let out = "";
  let at = 0;
  for (const m of text.matchAll(
    /\/\/.*$|\/\*.*?\*\/|"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|[\p{L}_][\p{L}\p{N}_]*/gu,
  )) {
    const [word] = m;
    out += esc(text.slice(at, m.index));
    at = m.index + word.length;
    const kind = /^\/[/*]/.test(word) ? "c" : /^["`']/.test(word) ? "s" : keywords.test(word) ? "k" : null;
    out += kind === null ? esc(word) : `<i class="${kind}">${esc(word)}</i>`;
  }
  return out + esc(text.slice(at));
}

/** Prose with `code` in it. Links keep their words. */
export function inline(text: string): string {
  return esc(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replace(/\*\*([^*]+)\*\*/g, "<b>$1</b>");
}

/** Bidirectional overrides can make code read as something else: they are shown by name. */
export function esc(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")
    .replace(
      /[\u202A-\u202E\u2066-\u2069\u200E\u200F]/g,
      (c) => `[U+${c.codePointAt(0)?.toString(16).toUpperCase() ?? ""}]`,
    )
    .replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, "�");
}
