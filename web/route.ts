/** The address is the state: what is shown, of which target, of which time. `go` changes it, `useRoute` follows it. */
import { useEffect, useState } from "preact/hooks";

export type Tab = "signals" | "goroutines" | "heap" | "sockets" | "suspects";
export const tabs: readonly Tab[] = ["signals", "goroutines", "heap", "sockets", "suspects"];

export type Route =
  | { readonly view: "overview" }
  | { readonly view: "target"; readonly name: string; readonly tab: Tab }
  | { readonly view: "findings" }
  | { readonly view: "compare" }
  | { readonly view: "open" }
  | { readonly view: "missing" };

export function parseRoute(path: string): Route {
  const parts = path.split("/").filter((p) => p !== "");
  if (parts.length === 0) return { view: "overview" };
  if (parts[0] === "t" && parts.length >= 2) {
    const tab = parts[2] ?? "signals";
    if (!(tabs as readonly string[]).includes(tab)) return { view: "missing" };
    try {
      return { view: "target", name: decodeURIComponent(parts[1]), tab: tab as Tab };
    } catch {
      return { view: "missing" };
    }
  }
  if (parts.length === 1 && (parts[0] === "findings" || parts[0] === "compare" || parts[0] === "open"))
    return { view: parts[0] };
  return { view: "missing" };
}

export function targetPath(name: string, tab: Tab = "signals"): string {
  return `/t/${encodeURIComponent(name)}${tab === "signals" ? "" : `/${tab}`}`;
}

/** The Findings page with this one alone, or with its neighbours in the file. */
export function findingPath(f: { readonly rule: string; readonly file: string }): string {
  return `/findings?q=${encodeURIComponent(f.file)}`;
}

const listeners = new Set<() => void>();

/** `replace`: no entry in the history, for what one drags or types. */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  for (const l of listeners) l();
}

export function useRoute(): { route: Route; query: URLSearchParams } {
  const [, again] = useState(0);
  useEffect(() => {
    const changed = (): void => again((n) => n + 1);
    listeners.add(changed);
    window.addEventListener("popstate", changed);
    return () => {
      listeners.delete(changed);
      window.removeEventListener("popstate", changed);
    };
  }, []);
  return { route: parseRoute(location.pathname), query: new URLSearchParams(location.search) };
}

/** Sets or (null) takes out parameters of the address, without an entry in the history. */
export function setQuery(change: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(location.search);
  for (const [k, v] of Object.entries(change)) {
    if (v === null || v === "") query.delete(k);
    else query.set(k, v);
  }
  const text = query.toString();
  go(location.pathname + (text === "" ? "" : `?${text}`), true);
}
