import { expect, test } from "vitest";
import type { Field } from "../api";
import { ApiError } from "../http";
import { defaults, errorBesides, errorOf, isStored, toSend } from "./settings";

const field = (key: string, kind: Field["kind"], more: Partial<Field> = {}): Field => ({ key, kind, label: key, ...more });
const fields = [field("url", "urls"), field("secret", "secret"), field("headers", "headers"), field("method", "select", { default: "POST" }), field("size", "number"), field("on", "boolean")];

test("a form starts with the defaults", () => {
  expect(defaults(fields)).toEqual({ method: "POST" });
});

test("empty entries are not sent, emptied ones are removed", () => {
  expect(toSend(fields, { url: [" https://a.example ", ""], secret: "", headers: { "": "x", " A ": "1" }, method: "PUT", size: "", on: false })).toEqual({
    url: ["https://a.example"], headers: { A: "1" }, method: "PUT", on: false,
  });
  expect(toSend(fields, { url: [""], secret: "", size: "3" }, { url: ["https://a.example"], secret: "••••••", size: 2 })).toEqual({ url: null, secret: null, size: 3 });
});

test("a stored secret is sent back as it is shown", () => {
  expect(isStored("••••••")).toBe(true);
  expect(isStored("•a")).toBe(false);
  expect(toSend(fields, { secret: "••••••" }, { secret: "••••••" })).toEqual({ secret: "••••••" });
});

test("errors stand at their field", () => {
  const error = new ApiError(422, [
    { type: "invalid", field: "settings.url[1]", message: "must be a web address" },
    { type: "invalid", field: "name", message: "must not be empty" },
    { type: "conflict", message: "somebody was faster" },
  ]);
  expect(errorOf(error, "url")).toBe("url[1]: must be a web address");
  expect(errorOf(error, "secret")).toBeUndefined();
  expect(errorBesides(error, fields, ["name"])).toBe("somebody was faster");
  expect(errorBesides(error, fields)).toBe("name: must not be empty somebody was faster");
});
