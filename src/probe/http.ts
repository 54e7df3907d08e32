/**
 * GET for probes: a limit on every phase (connect, first byte, between bytes, the whole), on bytes received and on bytes after
 * decompression; unix sockets, TLS, an auth header; redirects only within the same origin, so that a header is never carried elsewhere.
 */
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { Agent, request, type Dispatcher } from "undici";
import { ProbeError } from "./errors.ts";

export interface HttpOptions {
  /** Sent as they are: `Authorization: Bearer …`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Path of a unix socket to connect to instead of the URL's host. */
  readonly socketPath?: string;
  /** Do not check the server's certificate. */
  readonly insecure?: boolean;
  /** PEM text of a CA to trust. */
  readonly ca?: string;
  readonly connectMs?: number;
  /** Until the first byte of the answer. A CPU profile takes its `seconds` before that. */
  readonly headersMs?: number;
  /** Longest silence between two chunks. */
  readonly idleMs?: number;
  readonly totalMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly url: string;
}

const defaults = { connectMs: 3_000, headersMs: 30_000, idleMs: 10_000, totalMs: 120_000, maxBytes: 256 << 20 };
const MAX_REDIRECTS = 3;

/** One place for connections of one target: reused over several requests, closed by `close`. */
export class HttpClient {
  private readonly agent: Agent;
  private readonly options: HttpOptions;

  constructor(options: HttpOptions = {}) {
    this.options = options;
    this.agent = new Agent({
      connect: {
        timeout: options.connectMs ?? defaults.connectMs,
        rejectUnauthorized: options.insecure !== true,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
      },
      headersTimeout: options.headersMs ?? defaults.headersMs,
      bodyTimeout: options.idleMs ?? defaults.idleMs,
      keepAliveTimeout: 2_000,
      connections: 2,
      pipelining: 1,
    });
  }

  /** Any status comes back as a reply; everything else throws ProbeError. */
  async get(url: string | URL, more: HttpOptions = {}): Promise<HttpReply> {
    const chunks: Uint8Array[] = [];
    const reply = await this.stream(url, (chunk) => void chunks.push(chunk), more);
    let body: Uint8Array = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const encoding = reply.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity")
      body = decompress(body, encoding, more.maxBytes ?? this.options.maxBytes ?? defaults.maxBytes);
    return { ...reply, body };
  }

  /** Hands the body on chunk by chunk and keeps none of it. */
  async stream(
    url: string | URL,
    onChunk: (chunk: Uint8Array, status: number) => void,
    more: HttpOptions = {},
  ): Promise<Omit<HttpReply, "body">> {
    const started = performance.now();
    const options = { ...defaults, ...this.options, ...more };
    const deadline = AbortSignal.timeout(options.totalMs);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
    let at = new URL(url);
    const origin = at.origin;
    try {
      for (let hop = 0; ; hop++) {
        const response: Dispatcher.ResponseData = await request(at, {
          dispatcher: this.agent,
          headers: { accept: "*/*", "user-agent": "stanch", ...this.options.headers, ...more.headers },
          headersTimeout: options.headersMs,
          bodyTimeout: options.idleMs,
          signal,
        });
        const headers = flatten(response.headers);
        const { location } = headers;
        if (response.statusCode >= 300 && response.statusCode < 400 && location !== undefined) {
          response.body.on("error", () => {}).destroy();
          const next = new URL(location, at);
          if (next.origin !== origin)
            throw new ProbeError(
              "status",
              `${at} redirects to another server (${next.origin}); give that address if it is meant`,
            );
          if (hop >= MAX_REDIRECTS) throw new ProbeError("status", `${at} redirects in circles`);
          at = next;
          continue;
        }
        let bytes = 0;
        for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
          bytes += chunk.length;
          if (bytes > options.maxBytes)
            throw new ProbeError("too-large", `${at} sends more than ${options.maxBytes >> 20} MiB: stopped reading`);
          onChunk(chunk, response.statusCode);
        }
        return {
          status: response.statusCode,
          headers,
          bytes,
          milliseconds: performance.now() - started,
          url: String(at),
        };
      }
    } catch (e) {
      throw explain(e, at, options, deadline.aborted);
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [k, v] of Object.entries(headers)) if (v !== undefined) out[k] = Array.isArray(v) ? v.join(", ") : v;
  return out;
}

/** With a limit on what comes out. */
export function decompress(body: Uint8Array, encoding: string, limit: number): Uint8Array {
  const options = { maxOutputLength: limit };
  try {
    switch (encoding) {
      case "gzip":
      case "x-gzip":
        return gunzipSync(body, options);
      case "deflate":
        return inflateSync(body, options);
      case "br":
        return brotliDecompressSync(body, options);
      default:
        throw new ProbeError("unsupported", `the answer is encoded as ${encoding}`);
    }
  } catch (e) {
    if (e instanceof ProbeError) throw e;
    if ((e as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new ProbeError("too-large", `the answer decompresses to more than ${limit >> 20} MiB: refused`);
    throw new ProbeError("not-pprof", "the answer's compression is damaged or cut short");
  }
}

function explain(
  e: unknown,
  url: URL,
  options: { totalMs: number; headersMs: number; idleMs: number; connectMs: number },
  late: boolean,
): Error {
  if (e instanceof ProbeError) return e;
  const error = e as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  const code = error.code ?? error.cause?.code ?? "";
  const where = `${url.protocol}//${url.host}`;
  if (late) return new ProbeError("timeout", `${url} did not finish within ${options.totalMs / 1000} s`);
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return new ProbeError("timeout", `cannot connect to ${where} within ${options.connectMs / 1000} s`);
    case "UND_ERR_HEADERS_TIMEOUT":
      return new ProbeError("timeout", `${url} did not begin to answer within ${options.headersMs / 1000} s`);
    case "UND_ERR_BODY_TIMEOUT":
      return new ProbeError("timeout", `${url} went silent for ${options.idleMs / 1000} s in the middle of its answer`);
    case "ECONNREFUSED":
      return new ProbeError("refused", `nothing listens at ${where}`);
    case "ENOENT":
      return new ProbeError("refused", `no such socket: ${(error as { address?: string }).address ?? where}`);
    case "EACCES":
      return new ProbeError("denied", `no permission to connect to ${where}`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ProbeError("refused", `no such host: ${url.hostname}`);
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
      return new ProbeError("vanished", `${where} closed the connection before its answer was complete`);
    default:
      if (error.name === "AbortError") return error;
      if (code.startsWith("HPE_") || error.name === "HTTPParserError")
        return new ProbeError("not-pprof", `${where} does not speak HTTP`);
      if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
        return new ProbeError("refused", `${where}: its certificate is not trusted (${code}); --ca FILE or --insecure`);
      if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO")
        return new ProbeError("refused", `${where} does not speak TLS`);
      return new ProbeError("vanished", `cannot read ${url}: ${error.message}`);
  }
}
