import type { Count } from "../api";

/** One bar of a chart: what happened in one bucket of time, by kind. */
export interface Bucket {
  at: number;
  parts: Record<string, number>;
}

/**
 * Lays counts out on a row of equal buckets that ends with the one of `now`.
 * Buckets without counts are there and empty.
 */
export function buckets(counts: readonly Count[], size: number, howMany: number, now: number, partOf: (c: Count) => string): Bucket[] {
  const last = Math.floor(now / size) * size;
  const first = last - (howMany - 1) * size;
  const row: Bucket[] = Array.from({ length: howMany }, (_, i) => ({ at: first + i * size, parts: {} }));
  for (const c of counts) {
    const bucket = row[Math.floor((Date.parse(c.at) - first) / size)];
    if (!bucket) continue;
    const part = partOf(c);
    bucket.parts[part] = (bucket.parts[part] ?? 0) + c.n;
  }
  return row;
}

/** The sum of a bucket's parts. */
export const total = (b: Bucket) => Object.values(b.parts).reduce((a, n) => a + n, 0);

/** A round number at or above n, for the top of a scale. */
export function ceiling(n: number): number {
  if (n <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 4, 5, 8, 10].map((f) => f * power).find((c) => c >= n)!;
}
