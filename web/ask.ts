/** Asks the server. What was shown stays while it is asked again, so that nothing jumps. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../src/server/api.ts";

export async function ask<T>(address: string, signal?: AbortSignal): Promise<T> {
  const reply = await fetch(address, {
    ...(signal === undefined ? {} : { signal }),
    headers: { accept: "application/json" },
  });
  const body = (await reply.json().catch(() => null)) as unknown;
  // What is made of it is a task of its own: reading a thousand targets is long enough.
  await new Promise((done) => setTimeout(done));
  if (reply.ok) return body as T;
  throw new Error((body as Failure | null)?.error ?? `the server answers ${reply.status}`);
}

export interface Asked<T> {
  readonly data: T | null;
  readonly error: string | null;
  readonly loading: boolean;
  readonly again: () => void;
}

/** `address` null: nothing is asked. `turn`: another number asks again. `what`: while it is the same, what was shown stays until the answer is there. */
export function useAsk<T>(address: string | null, turn = 0, what = address): Asked<T> {
  const [state, set] = useState<{ address: string | null; data: T | null; error: string | null; loading: boolean }>({
    address: null,
    data: null,
    error: null,
    loading: false,
  });
  const [forced, force] = useState(0);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (address === null) return undefined;
    const stop = new AbortController();
    // Of another address: what was there is not this.
    const keep = shown.current === what;
    set((s) => ({ address, data: keep ? s.data : null, error: keep ? s.error : null, loading: true }));
    shown.current = what;
    ask<T>(address, stop.signal).then(
      (data) => set({ address, data, error: null, loading: false }),
      (e: unknown) => {
        if (stop.signal.aborted) return;
        const error = e instanceof TypeError ? "the server cannot be reached" : (e as Error).message;
        set((s) => ({ address, data: s.data, error, loading: false }));
      },
    );
    return () => stop.abort();
  }, [address, turn, forced]);
  return { data: state.data, error: state.error, loading: state.loading, again: () => force((n) => n + 1) };
}
