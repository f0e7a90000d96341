import { ActionIcon, Button } from "@mantine/core";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { IconMenu2 } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Logo } from "./Logo";
import classes from "./Shell.module.css";
import { Sidebar } from "./Sidebar";
import { useMe } from "./useMe";

/** The frame around all pages of somebody who is signed in. */
export function Shell() {
  const { workspace } = useMe();
  const [open, setOpen] = useState(false);
  const path = useRouterState({ select: (s) => s.location.pathname });
  const drawer = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (open) drawer.current?.showModal();
    else drawer.current?.close();
  }, [open]);
  useEffect(() => {
    main.current?.scrollTo(0, 0); // returns a promise in newer browsers, which React must not take for a clean-up
  }, [path]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>Skip to content</a>
      <header className={classes.bar}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Open navigation" aria-expanded={open} onClick={() => setOpen(true)}>
          <IconMenu2 size={20} />
        </ActionIcon>
        <Logo size={24} />
        <span className={classes.barName}>{workspace.name}</span>
      </header>
      <aside className={classes.side}><Sidebar /></aside>
      <dialog
        ref={drawer}
        className={classes.drawer}
        aria-label="Navigation"
        onClose={() => setOpen(false)}
        onMouseDown={(e) => e.target === e.currentTarget && setOpen(false)}
      >
        {open && (
          <div className={classes.drawerBody}>
            <Sidebar onNavigate={() => setOpen(false)} />
            <Button className={classes.close} variant="subtle" color="gray" onClick={() => setOpen(false)}>Close</Button>
          </div>
        )}
      </dialog>
      <main id="main" ref={main} tabIndex={0} className={classes.main}>
        <Outlet />
      </main>
    </div>
  );
}
