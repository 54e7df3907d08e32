/** While what an opened file imports is read for the first time, seconds in a large repository, the editor says so. */

/** What an editor shows until it is taken away. */
export interface Shown {
  done(): void;
}

/** Most files are analysed by then, and nothing flickers. */
export const PATIENCE_MS = 700;

export class WaitNotice {
  private timer: NodeJS.Timeout | null = null;
  private shown: Promise<Shown> | null = null;

  /** `show`: rejects where the editor does not want to. */
  constructor(private readonly show: (text: string) => Promise<Shown>) {}

  /** A file was opened whose diagnostics are to come. */
  begin(text: string): void {
    if (this.timer !== null || this.shown !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.shown = this.show(text);
      this.shown.catch(() => {});
    }, PATIENCE_MS);
    this.timer.unref();
  }

  /** They came, or will not. */
  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.shown?.then((s) => s.done()).catch(() => {});
    this.shown = null;
  }
}
