/** The page's own files, read once: a handful, with hashes in their names. Anything else below `/` is the page itself, which reads its address. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly forEver: boolean;
}

export class Assets {
  private readonly files = new Map<string, Asset>();

  /** `dir`: what tools/build.mjs made of web/. */
  constructor(dir: string) {
    if (!existsSync(dir)) return;
    for (const name of readdirSync(dir)) {
      const type = types[name.slice(name.lastIndexOf(".") + 1)];
      if (type === undefined) continue;
      const body = new Uint8Array(readFileSync(join(dir, name)));
      this.files.set(`/${name}`, {
        body,
        gzip: new Uint8Array(gzipSync(body)),
        type,
        forEver: /-[0-9A-Z]{8}\./.test(name),
      });
    }
  }

  serve(path: string, encodings: string): Response {
    const asset = this.files.get(path) ?? this.files.get("/index.html");
    if (asset === undefined)
      return new Response("The page is not built: run npm run build.\n", {
        status: 404,
        headers: { "content-type": "text/plain; charset=utf-8" },
      });
    const zipped = /\bgzip\b/.test(encodings);
    return new Response(zipped ? asset.gzip : asset.body, {
      headers: {
        "content-type": asset.type,
        vary: "accept-encoding",
        "cache-control": asset.forEver ? "public, max-age=31536000, immutable" : "no-cache",
        ...(zipped ? { "content-encoding": "gzip" } : {}),
      },
    });
  }
}
