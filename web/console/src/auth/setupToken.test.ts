import { expect, test } from "vitest";
import { setupToken } from "./setupToken";

test("finds the token in whatever was pasted", () => {
  expect(setupToken("http://127.0.0.1:8080/setup#token=abc_1")).toBe("abc_1");
  expect(setupToken("https://x.example/setup?token=a%2Bb&x=1")).toBe("a+b");
  expect(setupToken("  abc ")).toBe("abc");
});
