/** The strings of a cache file that stand in it a dozen times, as numbers. */

/** Numbers of names: those of a table, and others in the order in which they are first asked for. */
export class Names {
  private readonly list: string[];
  private known: Map<string, number> | null = null;

  constructor(stored: readonly string[] = []) {
    this.list = [...stored];
  }

  readonly numberOf = (name: string): number => {
    // Only who writes needs it.
    const known = (this.known ??= new Map(this.list.map((s, i) => [s, i])));
    let n = known.get(name);
    if (n === undefined) {
      n = this.list.length;
      this.list.push(name);
      known.set(name, n);
    }
    return n;
  };

  get all(): readonly string[] {
    return this.list;
  }
}
