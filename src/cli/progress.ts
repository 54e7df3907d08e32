/** One status line on stderr, only where a person watches. */
export class Progress {
  private shown = 0;
  private readonly on = process.stderr.isTTY === true;

  show(text: string): void {
    if (!this.on) return;
    const width = (process.stderr.columns || 80) - 1;
    const line = text.slice(0, width);
    process.stderr.write(`\r${line}${" ".repeat(Math.max(0, this.shown - line.length))}`);
    this.shown = line.length;
  }

  clear(): void {
    if (!this.on || this.shown === 0) return;
    process.stderr.write(`\r${" ".repeat(this.shown)}\r`);
    this.shown = 0;
  }
}

/** Aborts on Ctrl-C; a second one ends at once. */
export function untilInterrupted(): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new DOMException("interrupted", "AbortError"));
  };
  process.on("SIGINT", stop);
  return { signal: controller.signal, done: () => void process.off("SIGINT", stop) };
}

export function terminalWidth(): number {
  return Math.max(60, process.stdout.columns || 110);
}
