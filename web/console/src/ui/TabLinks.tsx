import { Link } from "@tanstack/react-router";
import classes from "./TabLinks.module.css";

/** The parts of a page, each with an address of its own. */
export function TabLinks({ tabs }: { tabs: { label: string; to: string; exact?: boolean; count?: number }[] }) {
  return (
    <nav className={classes.tabs} aria-label="Parts of this page">
      {tabs.map((t) => (
        <Link key={t.to} to={t.to} className={classes.tab} activeOptions={{ exact: t.exact ?? false, includeSearch: false }}>
          {t.label}
          {t.count ? <span className={classes.count}>{t.count}</span> : null}
        </Link>
      ))}
    </nav>
  );
}
