import type { ReactNode } from "react";
import classes from "./Stat.module.css";

/** One number and what it counts. */
export function Stat({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: "warn" | "bad" | undefined }) {
  return (
    <div className={classes.stat} data-tone={tone}>
      <span className={classes.label}>{label}</span>
      <span className={classes.value}>{value}</span>
      {note && <span className={classes.note}>{note}</span>}
    </div>
  );
}
