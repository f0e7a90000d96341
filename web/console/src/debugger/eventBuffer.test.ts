import { expect, test } from "vitest";
import type { SeenEvent } from "../api";
import { arrived, capacity, emptyBuffer, loaded, paused, resumed } from "./eventBuffer";

const at = (n: number) => ({ id: String(n), receivedAt: new Date(n * 1000).toISOString() }) as SeenEvent;
const ids = (list: SeenEvent[]) => list.map((e) => Number(e.id));

test("the newest is on top, and nothing is there twice", () => {
  let b = arrived(emptyBuffer, [at(1), at(2)]);
  b = arrived(b, [at(2), at(3)]);
  expect(ids(b.shown)).toEqual([3, 2, 1]);
  expect(arrived(b, [at(3)])).toBe(b);
});

test("the list of the server goes behind what came since", () => {
  const b = loaded(arrived(emptyBuffer, [at(4), at(5)]), [at(4), at(3), at(2)]);
  expect(ids(b.shown)).toEqual([5, 4, 3, 2]);
});

test("a pause holds the display still and loses nothing", () => {
  let b = paused(arrived(emptyBuffer, [at(1)]));
  b = arrived(b, [at(2)]);
  b = arrived(b, [at(2), at(3)]);
  expect(ids(b.shown)).toEqual([1]);
  expect(ids(b.waiting)).toEqual([3, 2]);
  b = resumed(b);
  expect(ids(b.shown)).toEqual([3, 2, 1]);
  expect(b.waiting).toEqual([]);
});

test("the oldest go when there are too many", () => {
  const b = arrived(emptyBuffer, Array.from({ length: capacity + 5 }, (_, i) => at(i)));
  expect(b.shown.length).toBe(capacity);
  expect(b.shown[0]!.id).toBe(String(capacity + 4));
});
