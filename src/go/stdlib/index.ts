/** Placeholder until the generator lands: no index is bundled. */
export interface StdlibIndex {
  readonly goVersion: string;
  paths(): string[];
  package(
    path: string,
  ): { readonly name: string; readonly files: readonly string[]; readonly imports: readonly string[] } | null;
  source(path: string, file: string): Uint8Array | null;
}

export function openStdlibIndex(): StdlibIndex | null {
  return null;
}
