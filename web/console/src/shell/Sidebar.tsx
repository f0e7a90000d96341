import { Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { IconChevronUp, IconLogout, IconShoppingBag, IconUser } from "@tabler/icons-react";
import { logOut } from "../api";
import { allows } from "../role";
import { ColorSchemeButton } from "./ColorSchemeButton";
import { Logo } from "./Logo";
import { navigation } from "./navigation";
import classes from "./Sidebar.module.css";
import { useEventsOrigin, useMe } from "./useMe";

/** The workspace, the pages one may see, and who is signed in. */
export function Sidebar({ onNavigate }: { onNavigate?: () => void }) {
  const me = useMe();
  const origin = useEventsOrigin();
  const navigate = useNavigate();
  const client = useQueryClient();
  const leave = async () => {
    await logOut().catch(() => undefined);
    client.clear();
    await navigate({ to: "/login" });
  };
  const name = me.user.name || me.user.email || "API token";
  return (
    <div className={classes.sidebar}>
      <div className={classes.brand}>
        <Logo />
        <div className={classes.brandText}>
          <span className={classes.product}>Secant</span>
          <span className={classes.workspace}>{me.workspace.name}</span>
        </div>
      </div>
      <nav className={classes.nav} aria-label="Main">
        {navigation.map((group) => {
          const entries = group.entries.filter((e) => allows(me.user.role, e.role));
          if (entries.length === 0) return null;
          return (
            <div key={group.title ?? ""} className={classes.group}>
              {group.title && <div className={classes.groupTitle}>{group.title}</div>}
              {entries.map(({ label, to, icon: Icon }) => (
                <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === "/" }} onClick={onNavigate}>
                  <Icon size={17} stroke={1.75} aria-hidden />
                  {label}
                </Link>
              ))}
            </div>
          );
        })}
        {me.demo && (
          <div className={classes.group}>
            <a className={classes.link} href={`${origin}/demo/`} target="_blank" rel="noreferrer">
              <IconShoppingBag size={17} stroke={1.75} aria-hidden />
              Demo shop
              <span className={classes.out} aria-hidden>↗</span>
            </a>
          </div>
        )}
      </nav>
      <div className={classes.foot}>
        <Menu position="top-start" width={212} shadow="md" withinPortal={false}>
          <Menu.Target>
            <UnstyledButton className={classes.person}>
              <VisuallyHidden>Account of </VisuallyHidden>
              <span className={classes.avatar} aria-hidden>{name.slice(0, 1).toUpperCase()}</span>
              <span className={classes.personText}>
                <span className={classes.personName}>{name}</span>
                <span className={classes.role}>{me.user.role}</span>
              </span>
              <IconChevronUp size={14} aria-hidden />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>{me.user.email}</Menu.Label>
            <Menu.Item leftSection={<IconUser size={15} />} onClick={() => void navigate({ to: "/account" })}>Your account</Menu.Item>
            <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => void leave()}>Sign out</Menu.Item>
            <Menu.Divider />
            <Menu.Label>Secant {me.version}</Menu.Label>
          </Menu.Dropdown>
        </Menu>
        <ColorSchemeButton />
      </div>
    </div>
  );
}
