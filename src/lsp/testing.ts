/** For tests and benchmarks: a client that speaks the real protocol over a pipe with `stanch lsp`. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const made: string[] = [];

/** A folder with these files. */
export function makeTree(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "stanch-lsp-")));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export function removeTrees(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code?: number; readonly message: string };
}

export interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly {
    readonly range: unknown;
    readonly severity: number;
    readonly code?: string;
    readonly message: string;
    readonly relatedInformation?: readonly { readonly message: string; readonly location: unknown }[];
  }[];
}

export class LspClient {
  private readonly child: ChildProcess;
  private buffer = Buffer.alloc(0);
  private nextId = 1;
  private readonly waiting = new Map<number, { resolve: (r: unknown) => void; reject: (e: Error) => void }>();
  private readonly listeners = new Set<(m: Message) => void>();
  /** The last diagnostics of each URI. */
  readonly published = new Map<string, Published>();
  readonly messages: Message[] = [];
  readonly exited: Promise<number | null>;
  stderr = "";

  constructor(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
    this.child.stdout?.on("data", (chunk: Buffer) => this.take(chunk));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.child.stdin?.on("error", () => {}); // a server that has gone
    this.exited = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  private take(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.subarray(0, end).toString())?.[1]);
      if (this.buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.buffer = this.buffer.subarray(end + 4 + length);
      this.receive(message);
    }
  }

  private receive(m: Message): void {
    this.messages.push(m);
    if (m.method === "textDocument/publishDiagnostics") {
      const p = m.params as Published;
      this.published.set(p.uri, p);
    }
    if (m.id !== undefined && m.method !== undefined) this.raw({ jsonrpc: "2.0", id: m.id, result: null });
    else if (m.id !== undefined) {
      const w = this.waiting.get(m.id);
      this.waiting.delete(m.id);
      if (m.error !== undefined) w?.reject(new Error(m.error.message));
      else w?.resolve(m.result);
    }
    for (const l of this.listeners) l(m);
  }

  raw(message: object): void {
    const body = Buffer.from(JSON.stringify(message));
    this.child.stdin?.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.child.stdin?.write(body);
  }

  notify(method: string, params: unknown): void {
    this.raw({ jsonrpc: "2.0", method, params });
  }

  request<T>(method: string, params: unknown): Promise<T> {
    const id = this.nextId++;
    this.raw({ jsonrpc: "2.0", id, method, params });
    return new Promise<T>((resolve, reject) =>
      this.waiting.set(id, { resolve: resolve as (r: unknown) => void, reject }),
    );
  }

  /** Resolves with the first message, from now on, that `fits`. */
  until(fits: (m: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => {
      const listener = (m: Message): void => {
        if (!fits(m)) return;
        this.listeners.delete(listener);
        resolve(m);
      };
      this.listeners.add(listener);
    });
  }

  /** The next diagnostics of a file for at least this version. */
  async diagnostics(file: string, version = 0): Promise<Published> {
    const uri = pathToFileURL(file).href;
    const m = await this.until((x) => {
      const p = x.params as Published | undefined;
      return x.method === "textDocument/publishDiagnostics" && p?.uri === uri && (p.version ?? 0) >= version;
    });
    return m.params as Published;
  }

  /** Waits until the codes of a file's diagnostics are these; what was published before counts. */
  async settle(file: string, codes: readonly string[]): Promise<Published> {
    const uri = pathToFileURL(file).href;
    const fits = (p: Published | undefined): p is Published =>
      p !== undefined && p.diagnostics.length === codes.length && p.diagnostics.every((d, i) => d.code === codes[i]);
    const now = this.published.get(uri);
    if (fits(now)) return now;
    await this.until((m) => m.method === "textDocument/publishDiagnostics" && fits(this.published.get(uri)));
    return this.published.get(uri) as Published;
  }

  async initialize(folders: readonly string[], more: object = {}): Promise<unknown> {
    const result = await this.request("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
      workspaceFolders: folders.map((f) => ({ uri: pathToFileURL(f).href, name: f })),
      ...more,
    });
    this.notify("initialized", {});
    return result;
  }

  open(file: string, text: string, version = 1): void {
    const textDocument = { uri: pathToFileURL(file).href, languageId: "go", version, text };
    this.notify("textDocument/didOpen", { textDocument });
  }

  /** Replaces the whole text, or the ranges of `changes`. */
  change(file: string, version: number, changes: string | readonly object[]): void {
    const contentChanges = typeof changes === "string" ? [{ text: changes }] : changes;
    this.notify("textDocument/didChange", {
      textDocument: { uri: pathToFileURL(file).href, version },
      contentChanges,
    });
  }

  close(file: string): void {
    this.notify("textDocument/didClose", { textDocument: { uri: pathToFileURL(file).href } });
  }

  /** Ends as the protocol says; the exit code. */
  async leave(): Promise<number | null> {
    await this.request("shutdown", null);
    this.notify("exit", null);
    return this.exited;
  }

  /** The pipe breaks. */
  vanish(): void {
    this.child.stdin?.end();
    this.child.stdout?.destroy();
  }
}
