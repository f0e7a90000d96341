const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago a time is, for people: "12 s ago", "3 h ago", "in 5 min". */
export function relative(at: number, now: number): string {
  const past = now - at;
  const size = Math.abs(past);
  const amount =
    size < 5_000 ? "" : size < minute ? `${Math.round(size / 1000)} s` : size < hour ? `${Math.round(size / minute)} min` : size < 2 * day ? `${Math.round(size / hour)} h` : `${Math.round(size / day)} days`;
  if (amount === "") return past >= 0 ? "just now" : "now";
  return past >= 0 ? `${amount} ago` : `in ${amount}`;
}

/** The hour, minute, second and millisecond of a time where the reader is. */
export function clock(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The whole time, for tooltips and details. */
export function absolute(at: Date): string {
  return at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A number as people read it: 1,234 or 12.3 K. */
export function compact(n: number): string {
  return n < 10_000 ? n.toLocaleString("en") : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(n);
}
