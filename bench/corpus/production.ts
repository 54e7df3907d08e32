import { isTestPath } from "../../src/check/test-support.ts";

/**
 * Which files of a module are production files: what its users run. Tests, their helpers, examples, benchmarks, scripts and documentation
 * are not: a leak there is true and seldom worth stopping for. Their findings are counted in a row of their own.
 * The tool itself makes notes in a part of them only (src/check/test-support.ts): it needs surer signs than a count does.
 */
const folders =
  /(?:^|\/)(?:test[a-z0-9_]*|[a-z0-9_]*tests?|integrations?|integration_?tests?|e2e|[a-z]*mocks?|fakes?|examples?|bench|benchmarks?|interop|hack|scripts?|docs|_examples)\//i;
const files =
  /(?:^|\/)(?:test_[a-z0-9_]*|testutils?|testing|testhelpers?|mock_[a-z0-9_]*|[a-z0-9_]*_mock|[a-z0-9_]*_test)\.go$/i;

export function isProduction(file: string): boolean {
  return !folders.test(file) && !files.test(file) && !isTestPath(file);
}
