import { expect, test } from "vitest";
import { describe as words, lines } from "./describe";

test("entries read as sentences", () => {
  expect(words("source.updated")).toBe("changed source");
  expect(words("source.writekey_added")).toBe("added a write key to source");
  expect(words("something.odd_thing")).toBe("odd thing something");
});

test("details show before and after", () => {
  expect(lines({ name: ["Shop", "Shop (web)"], n: 3 })).toEqual([{ field: "name", from: "Shop", to: "Shop (web)" }, { field: "n", to: "3" }]);
  expect(lines({ changes: [{ field: "enabled", from: null, to: true }, { field: "fromFile", from: null, to: false }] })).toEqual([{ field: "enabled", to: "true" }]);
  expect(lines(null)).toEqual([]);
});
