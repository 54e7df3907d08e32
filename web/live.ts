/** The server's live events: one connection for the whole page, back by itself when it breaks. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { LiveEvent } from "../src/server/api.ts";

type Listener = (event: LiveEvent) => void;

const listeners = new Set<Listener>();
const watchers = new Set<(connected: boolean) => void>();
let source: EventSource | null = null;
let connected = true;

function connect(): void {
  if (source !== null) return;
  source = new EventSource("/api/events");
  source.addEventListener("open", () => tell(true));
  source.addEventListener("error", () => {
    tell(false);
    // A browser gives up after some refusals (401, 503): begin anew, without haste.
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(connect, 5000);
    }
  });
  source.addEventListener("message", (m: MessageEvent<string>) => {
    const event = JSON.parse(m.data) as LiveEvent;
    for (const l of listeners) l(event);
  });
}

function tell(now: boolean): void {
  if (now === connected) return;
  connected = now;
  for (const w of watchers) w(now);
}

export function useLive(listener: Listener): void {
  useEffect(() => {
    listeners.add(listener);
    connect();
    return () => void listeners.delete(listener);
  });
}

/** Looks alone bring a page up to date no more often than this: nobody reads faster, and a thousand targets look all the time. */
const CALM_MS = 3000;

/** A number that grows whenever something that matters happened: of this target, or (null) of any. */
export function useTurn(target: string | null): number {
  const [turn, set] = useState(0);
  const last = useRef(0);
  useLive((e) => {
    const concerns =
      e.type === "hello" || target === null || (e.type === "looks" ? e.targets.includes(target) : e.target === target);
    if (!concerns || document.visibilityState !== "visible") return;
    const now = performance.now();
    if (e.type === "looks" && now - last.current < CALM_MS) return;
    last.current = now;
    set((n) => n + 1);
  });
  useEffect(() => {
    const shown = (): void => {
      if (document.visibilityState === "visible") set((n) => n + 1);
    };
    document.addEventListener("visibilitychange", shown);
    return () => document.removeEventListener("visibilitychange", shown);
  }, []);
  return turn;
}

export function useConnected(): boolean {
  const [now, set] = useState(connected);
  useEffect(() => {
    watchers.add(set);
    return () => void watchers.delete(set);
  }, []);
  return now;
}
