import { describe, expect, test } from "vitest";
import { callOf } from "./call";
import { languageOf, languages } from "./languages";

const target = { origin: "https://cdp.example.com", writeKey: "wk_test" };

const order = { type: "track", event: "Order Completed", userId: "u1", anonymousId: "a1", properties: { total: 12.5, "item count": 2, gift: false, coupon: null, items: [{ sku: "A" }] } };

const hostile = "\"'`</script>${x}#{x}\\(x)\n\u2028$HOME";

describe.each(languages.map((l) => [l.id, l] as const))("%s", (_, language) => {
  test("fills in where events go", () => {
    const code = language.steps(target).map((s) => s.code).join("\n");
    expect(code).toContain("cdp.example.com");
    expect(code).toContain("wk_test");
    expect(code).not.toMatch(/undefined|\[object/);
  });

  test.each(["track", "identify", "page", "screen", "group", "alias", ""])("writes a %s call", (type) => {
    const code = language.pretty(callOf({ ...order, type, name: "Home", groupId: "g1", previousId: "p1", traits: { plan: "pro" } }));
    expect(code).not.toMatch(/undefined|\[object/);
    expect(code.length).toBeGreaterThan(10);
  });

  test("keeps what an event holds inside of its texts", () => {
    const code = language.pretty(callOf({ type: "track", userId: "u", event: hostile, properties: { [hostile]: hostile } }));
    expect(code).not.toContain(hostile);
  });

  test("takes an event that is none", () => {
    for (const event of [null, 7, "x", [], {}, { type: {}, properties: 4, traits: "no", userId: {} }]) expect(language.pretty(callOf(event))).toBeTypeOf("string");
  });
});

test("each kind of source has its language", () => {
  expect(languageOf("python").id).toBe("python");
  expect(languageOf("javascript").id).toBe("javascript");
  expect(languageOf("something new").id).toBe("http");
});

test("analytics.js", () => {
  expect(languageOf("javascript").pretty(callOf(order))).toBe(`analytics.track("Order Completed", {
  total: 12.5,
  "item count": 2,
  gift: false,
  coupon: null,
  items: [{sku: "A"}]
});`);
  const js = (e: object) => languageOf("javascript").pretty(callOf(e));
  expect(js({ type: "identify", userId: "u", traits: { a: 1 } })).toBe(`analytics.identify("u", {a: 1});`);
  expect(js({ type: "identify", anonymousId: "a", traits: { a: 1 } })).toBe("analytics.identify({a: 1});");
  expect(js({ type: "page" })).toBe("analytics.page();");
  expect(js({ type: "page", category: "Docs", name: "Home" })).toBe(`analytics.page("Docs", "Home");`);
  expect(js({ type: "page", name: "Home", properties: { path: "/", name: "Home", a: 1 }, context: { page: { path: "/" } } })).toBe(`analytics.page("Home", {a: 1});`);
  expect(js({ type: "alias", userId: "new", previousId: "old" })).toBe(`analytics.alias("new", "old");`);
  expect(js({ type: "group", groupId: "g" })).toBe(`analytics.group("g");`);
});

test("Go", () => {
  expect(languageOf("go").pretty(callOf({ type: "track", event: "A", userId: "u", properties: { n: { m: [1, null] } } }))).toBe(`client.Enqueue(analytics.Track{
	UserId: "u",
	Event: "A",
	Properties: analytics.Properties{
		"n": map[string]interface{}{"m": []interface{}{1, nil}},
	},
})`);
});

test("Python", () => {
  expect(languageOf("python").pretty(callOf({ type: "track", event: "A", anonymousId: "a", properties: { ok: true } }))).toBe(`analytics.track(
    anonymous_id="a",
    event="A",
    properties={"ok": True},
)`);
});

test("curl quotes for the shell", () => {
  expect(languageOf("http").pretty(callOf({ type: "track", event: "it's", userId: "u" }))).toContain(`"event": "it'\\''s"`);
});
