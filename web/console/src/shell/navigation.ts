import { IconArrowsSplit2, IconHistory, IconHome2, IconKey, IconPlugConnected, IconUsers, type Icon } from "@tabler/icons-react";
import type { Role } from "../api";

export interface Entry {
  label: string;
  to: string;
  icon: Icon;
  /** The weakest role that may see the page. */
  role: Role;
}

/** The console's pages in the order of the sidebar; one more page is one line. */
export const navigation: { title?: string; entries: Entry[] }[] = [
  { entries: [{ label: "Home", to: "/", icon: IconHome2, role: "viewer" }] },
  {
    title: "Connections",
    entries: [
      { label: "Sources", to: "/sources", icon: IconPlugConnected, role: "viewer" },
      { label: "Destinations", to: "/destinations", icon: IconArrowsSplit2, role: "viewer" },
    ],
  },
  {
    title: "Workspace",
    entries: [
      { label: "Team", to: "/team", icon: IconUsers, role: "admin" },
      { label: "API tokens", to: "/tokens", icon: IconKey, role: "admin" },
      { label: "Audit trail", to: "/audit", icon: IconHistory, role: "admin" },
    ],
  },
];
