import { useSyncExternalStore } from "react";
import { absolute, relative } from "./time";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

// One clock for all: every time on a page moves on together.
function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const l of listeners) l();
  }, 5_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** A time as its distance from now, which goes on by itself; hover shows the whole time. */
export function Ago({ at, never = "never" }: { at: string | null | undefined; never?: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (!at) return <>{never}</>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={absolute(date)}>
      {relative(date.getTime(), Math.max(current, Date.now() - 5_000))}
    </time>
  );
}
