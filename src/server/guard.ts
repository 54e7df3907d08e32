/**
 * Who may call. On loopback anybody who names a loopback host: a page of another origin that has its name resolved to 127.0.0.1 (DNS
 * rebinding) sends its own name, and is turned away. Anywhere else a token. What changes something must come from the page itself or from a
 * program, never from another page (Sec-Fetch-Site, Origin).
 */
import { createHash, timingSafeEqual } from "node:crypto";

export interface GuardOptions {
  /** Null: none is asked for. */
  readonly token: string | null;
  /** Host names (without port) by which the server may be called, beside loopback ones. */
  readonly allowHosts: readonly string[];
  /** It said so itself: open to everybody, behind a proxy that asks. */
  readonly open: boolean;
}

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly header: (name: string) => string | null;
}

export type Answer =
  | { readonly kind: "pass" }
  /** The token came in the address: it moves to a cookie, and the address is loaded again without it. */
  | { readonly kind: "enter"; readonly location: string; readonly cookie: string }
  | { readonly kind: "refuse"; readonly status: 401 | 403; readonly error: string };

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const COOKIE = "stanch_token";

export class Guard {
  constructor(private readonly options: GuardOptions) {}

  judge(call: Call): Answer {
    const { token, allowHosts, open } = this.options;
    const host = (call.header("host") ?? "").toLowerCase().replace(/:\d+$/, "");
    if (token === null && !open && !LOOPBACK.test(host) && !allowHosts.includes(host))
      return refuse(403, `this server is not called ${host}: name it under server.allow-hosts in stanch.yaml`);
    if (call.method !== "GET" && call.method !== "HEAD") {
      const site = call.header("sec-fetch-site");
      if (site !== null && site !== "same-origin" && site !== "none")
        return refuse(403, "another page sent this: only this server's own page or a program may");
      const origin = call.header("origin");
      if (origin !== null && hostOf(origin) !== (call.header("host") ?? ""))
        return refuse(403, "another page sent this: only this server's own page or a program may");
    }
    if (token === null) return { kind: "pass" };
    const given = bearer(call.header("authorization")) ?? cookie(call.header("cookie"));
    if (given !== null && same(given, token)) return { kind: "pass" };
    const inAddress = call.url.searchParams.get("token");
    if (inAddress !== null && same(inAddress, token) && call.method === "GET") {
      const url = new URL(call.url);
      url.searchParams.delete("token");
      return {
        kind: "enter",
        location: url.pathname + url.search,
        cookie: `${COOKIE}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`,
      };
    }
    return refuse(
      401,
      "a token is needed: open the address that `stanch serve` printed, or send Authorization: Bearer",
    );
  }
}

function refuse(status: 401 | 403, error: string): Answer {
  return { kind: "refuse", status, error };
}

/** Equal lengths whatever was sent, so that time tells nothing. */
function same(a: string, b: string): boolean {
  const hash = (s: string): Buffer => createHash("sha256").update(s).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function bearer(header: string | null): string | null {
  return /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1] ?? null;
}

function cookie(header: string | null): string | null {
  const m = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(header ?? "");
  if (m === null) return null;
  try {
    return decodeURIComponent(m[1]);
  } catch {
    return null;
  }
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return "";
  }
}

/** Sent with every answer. Scripts, styles and connections only from here: what a name from a profile might smuggle in cannot run. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};
