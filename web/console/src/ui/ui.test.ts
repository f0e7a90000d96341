import { expect, test } from "vitest";
import type { Count } from "../api";
import { highlight } from "./highlight";
import { buckets, ceiling, total } from "./series";
import { compact, relative } from "./time";

test("highlighting changes nothing but colours", () => {
  for (const syntax of ["js", "shell", "c", "python", "html", "json", "text"] as const) {
    for (const code of ["", 'const a = "x\\"y"; // z', `{"k": 1.5e3, "t": [true, null]}`, "<script>\n</script>", "'unclosed", "a # b", "\u0000\u2028"]) {
      expect(highlight(code, syntax).map((p) => p.text).join("")).toBe(code);
    }
  }
  expect(highlight(`{"k": "v"}`, "json").filter((p) => p.kind !== "plain")).toEqual([{ kind: "key", text: `"k"` }, { kind: "string", text: `"v"` }]);
});

test("counts fall into their buckets", () => {
  const minute = 60_000;
  const now = Date.parse("2026-01-02T03:04:30Z");
  const count = (at: string, n: number, outcome = "delivered") => ({ at, n, outcome }) as Count;
  const row = buckets([count("2026-01-02T03:04:00Z", 2), count("2026-01-02T03:02:00Z", 3), count("2026-01-02T03:02:00Z", 1, "failed"), count("2026-01-02T02:00:00Z", 9)], minute, 3, now, (c) => c.outcome);
  expect(row.map(total)).toEqual([4, 0, 2]);
  expect(row[0]!.parts).toEqual({ delivered: 3, failed: 1 });
});

test("a scale ends on a round number", () => {
  expect([0, 3, 7, 10, 217, 999, 1001].map(ceiling)).toEqual([4, 4, 8, 10, 400, 1000, 2000]);
});

test("times are told as distances", () => {
  const at = 1_000_000_000;
  expect(relative(at, at + 1000)).toBe("just now");
  expect(relative(at, at + 42_000)).toBe("42 s ago");
  expect(relative(at, at + 3 * 60_000)).toBe("3 min ago");
  expect(relative(at, at + 5 * 3_600_000)).toBe("5 h ago");
  expect(relative(at + 90_000, at)).toBe("in 2 min");
});

test("numbers are short when they are long", () => {
  expect(compact(1234)).toBe("1,234");
  expect(compact(1_234_567)).toBe("1.2M");
});
