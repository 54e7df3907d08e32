/** Live events to open pages (server-sent events). A page that does not read is let go; the browser comes back by itself. */
import type { LiveEvent } from "./api.ts";

/** Looks of many targets in one message, so that a thousand targets make one event a second. */
const GATHER_MS = 1000;
const BEAT_MS = 15_000;
const MOST_PAGES = 256;
/** Bytes that may wait for one page. */
const MOST_WAITING = 1 << 20;

interface Page {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

const encoder = new TextEncoder();

export class Events {
  private readonly pages = new Set<Page>();
  private readonly looked = new Set<string>();
  private gather: NodeJS.Timeout | null = null;
  private readonly beat: NodeJS.Timeout;
  private id = 0;

  constructor(private readonly clock: () => number = Date.now) {
    this.beat = setInterval(() => this.send(": beat\n\n"), BEAT_MS);
    this.beat.unref();
  }

  get open(): number {
    return this.pages.size;
  }

  /** A stream for one page; null where there are too many. */
  subscribe(): ReadableStream<Uint8Array> | null {
    if (this.pages.size >= MOST_PAGES) return null;
    let page: Page;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          page = { controller };
          this.pages.add(page);
          controller.enqueue(
            encoder.encode(`retry: 2000\n${messageOf({ type: "hello", nowMs: this.clock() }, this.id)}`),
          );
        },
        cancel: () => void this.pages.delete(page),
      },
      { highWaterMark: MOST_WAITING, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  publish(event: LiveEvent): void {
    this.send(messageOf(event, ++this.id));
  }

  look(target: string): void {
    this.looked.add(target);
    if (this.gather !== null) return;
    this.gather = setTimeout(() => {
      this.gather = null;
      const targets = [...this.looked];
      this.looked.clear();
      this.publish({ type: "looks", targets });
    }, GATHER_MS);
    this.gather.unref();
  }

  close(): void {
    clearInterval(this.beat);
    if (this.gather !== null) clearTimeout(this.gather);
    for (const page of this.pages) end(page);
    this.pages.clear();
  }

  private send(text: string): void {
    const bytes = encoder.encode(text);
    for (const page of this.pages) {
      if ((page.controller.desiredSize ?? 0) <= 0) {
        end(page);
        this.pages.delete(page);
        continue;
      }
      try {
        page.controller.enqueue(bytes);
      } catch {
        this.pages.delete(page);
      }
    }
  }
}

function end(page: Page): void {
  try {
    page.controller.close();
  } catch {
    // closed by the other side
  }
}

function messageOf(event: LiveEvent, id: number): string {
  return `id: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}
