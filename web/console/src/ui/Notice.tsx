import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconFileCode } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./Notice.module.css";

type Tone = "info" | "ok" | "warn" | "bad" | "file";

const icons = { info: IconInfoCircle, ok: IconCircleCheck, warn: IconAlertTriangle, bad: IconAlertTriangle, file: IconFileCode };

/** A remark in a page: what happened and what to do next. */
export function Notice({ tone = "info", title, children, action }: { tone?: Tone; title?: ReactNode; children?: ReactNode; action?: ReactNode }) {
  const Icon = icons[tone];
  return (
    <div className={classes.notice} data-tone={tone} role={tone === "bad" ? "alert" : "status"}>
      <Icon size={18} className={classes.icon} aria-hidden />
      <div className={classes.body}>
        {title && <div className={classes.title}>{title}</div>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}
