import type { ReactNode } from "react";
import classes from "./Panel.module.css";

interface Props {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  /** Without padding, for tables and lists. */
  flush?: boolean;
  tone?: "danger";
  /** Nothing yet leaves the head alone. */
  children: ReactNode;
}

/** A bordered piece of a page. */
export function Panel({ title, description, actions, flush, tone, children }: Props) {
  return (
    <section className={classes.panel} data-tone={tone}>
      {(title || actions) && (
        <div className={classes.head}>
          <div>
            {title && <h2 className={classes.title}>{title}</h2>}
            {description && <p className={classes.description}>{description}</p>}
          </div>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
      )}
      {children ? <div className={classes.body} data-flush={flush || undefined}>{children}</div> : <div className={classes.none} />}
    </section>
  );
}
