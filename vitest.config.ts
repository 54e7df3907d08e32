import { defineConfig } from "vitest/config";

// Pure code shares a thread: isolation costs 10x on this suite and buys nothing where nothing is global.
export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "web/**/*.test.ts",
      "tools/**/*.test.ts",
      "editors/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    pool: "threads",
    isolate: false,
    testTimeout: 60_000,
  },
});
