import { useEffect, type ReactNode } from "react";
import { ColorSchemeButton } from "../shell/ColorSchemeButton";
import { Logo } from "../shell/Logo";
import classes from "./AuthFrame.module.css";

/** The frame of the pages before somebody is signed in. */
export function AuthFrame({ title, description, children }: { title: string; description?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Secant`;
  }, [title]);
  return (
    <main className={classes.frame}>
      <div className={classes.corner}><ColorSchemeButton /></div>
      <div className={classes.art} aria-hidden>
        <svg viewBox="0 0 600 600" fill="none" stroke="currentColor" overflow="visible">
          <circle cx="300" cy="300" r="190" />
          <circle cx="300" cy="300" r="255" opacity="0.5" />
          <circle cx="300" cy="300" r="125" opacity="0.5" />
          <path d="M-1900 1464.7 2500 -864.7" />
        </svg>
      </div>
      <div className={classes.card}>
        <Logo size={36} />
        <h1 className={classes.title}>{title}</h1>
        {description && <p className={classes.description}>{description}</p>}
        {children}
      </div>
    </main>
  );
}
