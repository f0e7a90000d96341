import { Link } from "@tanstack/react-router";
import { IconChevronRight } from "@tabler/icons-react";
import { Fragment, useEffect, type ReactNode } from "react";
import classes from "./Page.module.css";

interface Props {
  title: string;
  /** The pages above this one, the highest first. */
  trail?: { label: string; to: string }[];
  icon?: ReactNode;
  /** Next to the title: state, kind. */
  aside?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  tabs?: ReactNode;
  width?: "narrow" | "normal" | "full";
  children: ReactNode;
}

/** The frame of every page: where it lies, its title, its actions, its content. */
export function Page({ title, trail, icon, aside, description, actions, tabs, width = "normal", children }: Props) {
  useEffect(() => {
    document.title = `${title} · Secant`;
  }, [title]);
  return (
    <div className={classes.page} data-width={width}>
      <header className={classes.header} data-tabs={tabs ? true : undefined}>
        {trail && (
          <nav aria-label="Breadcrumb" className={classes.trail}>
            {trail.map((t) => (
              <Fragment key={t.to}>
                <Link to={t.to}>{t.label}</Link>
                <IconChevronRight size={13} aria-hidden />
              </Fragment>
            ))}
          </nav>
        )}
        <div className={classes.top}>
          <div className={classes.heading}>
            {icon}
            <h1 className={classes.title}>{title}</h1>
            {aside}
          </div>
          {actions && <div className={classes.actions}>{actions}</div>}
        </div>
        {description && <p className={classes.description}>{description}</p>}
        {tabs}
      </header>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
