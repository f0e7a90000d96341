import type { ReactNode } from "react";
import classes from "./Tag.module.css";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "accent";

/** A short word about something: its state or kind. */
export function Tag({ tone = "neutral", dot, children, title }: { tone?: Tone; dot?: boolean; children: ReactNode; title?: string }) {
  return (
    <span className={classes.tag} data-tone={tone} title={title}>
      {dot && <span className={classes.dot} aria-hidden />}
      {children}
    </span>
  );
}
