import { expect, test } from "vitest";
import { describe as words, lines, subject } from "./describe";

test("entries read as sentences", () => {
  expect(words("source.updated")).toBe("changed source");
  expect(words("source.writekey_added")).toBe("added a write key to source");
  expect(words("something.odd_thing")).toBe("odd thing something");
});

test("things have the name that people know", () => {
  expect(subject({ resourceName: "Shop", resourceId: "shop", detail: null })).toBe("Shop");
  expect(subject({ resourceName: "tok_1", resourceId: "tok_1", detail: { name: "CI" } })).toBe("CI");
  expect(subject({ resourceName: "usr_1", resourceId: "usr_1", detail: { email: "a@example.com" } })).toBe("a@example.com");
  expect(subject({ resourceName: "", resourceId: "shop", detail: { name: ["A", "B"] } })).toBe("shop");
});

test("details show before and after", () => {
  expect(lines({ name: ["Shop", "Shop (web)"], n: 3 })).toEqual([{ field: "name", from: "Shop", to: "Shop (web)" }, { field: "n", to: "3" }]);
  expect(lines({ changes: [{ field: "enabled", from: null, to: true }, { field: "fromFile", from: null, to: false }] })).toEqual([{ field: "enabled", to: "true" }]);
  expect(lines(null)).toEqual([]);
});
