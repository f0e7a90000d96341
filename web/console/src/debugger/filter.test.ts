import { expect, test } from "vitest";
import type { SeenEvent } from "../api";
import { filtered, filterFromSearch, namesOf, titleOf } from "./filter";

const event = (e: Partial<SeenEvent>): SeenEvent => ({
  id: e.id ?? Math.random().toString(), source: "s", type: "track", name: "", messageId: "", userId: "", anonymousId: "", reason: "", reasonText: "", note: "", noteText: "",
  receivedAt: "2026-01-02T03:04:05.000Z", event: {}, ...e,
});

const list = [
  event({ id: "1", name: "Order Completed", event: { properties: { coupon: "SPRING" } } }),
  event({ id: "2", type: "page", name: "Home" }),
  event({ id: "3", name: "Order Completed", reason: "duplicate" }),
];

const ids = (f: Parameters<typeof filtered>[1]) => filtered(list, f).map((e) => e.id);

test("filters by type, name, status and text", () => {
  expect(ids({})).toEqual(["1", "2", "3"]);
  expect(ids({ type: "page" })).toEqual(["2"]);
  expect(ids({ name: "Order Completed" })).toEqual(["1", "3"]);
  expect(ids({ status: "stopped" })).toEqual(["3"]);
  expect(ids({ status: "passed" })).toEqual(["1", "2"]);
  expect(ids({ q: "spring" })).toEqual(["1"]);
  expect(ids({ q: "DUPLICATE" })).toEqual(["3"]);
  expect(ids({ q: "spring", type: "page" })).toEqual([]);
});

test("reads an address and leaves out what it does not know", () => {
  expect(filterFromSearch({ type: "track", q: 42, status: "stopped", view: "raw", x: 1 })).toEqual({ type: "track", q: "42", status: "stopped", view: "raw" });
  expect(filterFromSearch({ status: "odd", view: "no", name: "", event: {} })).toEqual({});
});

test("counts names", () => {
  expect(namesOf(list)).toEqual([{ name: "Order Completed", n: 2 }, { name: "Home", n: 1 }]);
});

test("names an event by what it is about", () => {
  expect(titleOf(event({ name: "A" }))).toBe("A");
  expect(titleOf(event({ type: "identify", event: { userId: "u", anonymousId: "a" } }))).toBe("u");
  expect(titleOf(event({ type: "identify", event: { anonymousId: "a" } }))).toBe("a");
  expect(titleOf(event({ type: "group", event: { groupId: "g" } }))).toBe("g");
  expect(titleOf(event({ type: "page", event: { properties: { path: "/x" } } }))).toBe("/x");
  expect(titleOf(event({ type: "", event: null }))).toBe("(no name)");
  expect(titleOf(event({ type: "page", event: "text" }))).toBe("Page");
});
