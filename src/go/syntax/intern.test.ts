import { expect, it } from "vitest";
import { ByteInterner, decode } from "./intern.ts";

const encoder = new TextEncoder();

function view(text: string): { view: DataView; length: number } {
  const bytes = encoder.encode(`${text}\xff\xff\xff\xff`);
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), length: encoder.encode(text).length };
}

it("gives equal bytes the same id, and others another, through growth and fresh starts", () => {
  const interner = new ByteInterner(1000);
  const intern = (text: string): number => {
    const v = view(text);
    return interner.intern(v.view, 0, v.length);
  };
  const pinned = ["break", "", "abcd", "é", "a\0b"].map(intern);
  interner.pin();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 20_000; i++) {
      const text = `name${i}${"x".repeat(i % 9)}`;
      expect(interner.strings[intern(text)]).toBe(text);
      expect(interner.strings.length).toBeLessThanOrEqual(1000);
    }
    expect(["break", "", "abcd", "é", "a\0b"].map(intern)).toEqual(pinned);
  }
  expect(intern("a")).not.toBe(intern("a\0"));
});

it("reads inside a larger buffer, minding the bytes around", () => {
  const interner = new ByteInterner();
  const v = view("xxabcyyabczz").view;
  expect(interner.intern(v, 2, 5)).toBe(interner.intern(v, 7, 10));
  expect(interner.intern(v, 2, 4)).not.toBe(interner.intern(v, 2, 5));
});

it("decodes short and long, ASCII and not", () => {
  for (const text of ["", "abc", "é", "a".repeat(100), `${"a".repeat(30)}é😀`, "\uFEFFx"]) {
    const bytes = encoder.encode(text);
    expect(decode(bytes, 0, bytes.length)).toBe(text);
  }
});
