import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams, useRouterState } from "@tanstack/react-router";
import { sourceQuery } from "../queries";
import { RouteFailure } from "../shell/RouteFailure";
import { Ago } from "../ui/Ago";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { TabLinks } from "../ui/TabLinks";
import { Tag } from "../ui/Tag";
import { KindIcon } from "./KindIcon";

/** One source: its head and its tabs. */
export function SourcePage() {
  const { id } = useParams({ from: "/shell/sources/$id" });
  const { data: source, error } = useQuery(sourceQuery(id));
  const path = useRouterState({ select: (s) => s.location.pathname });
  if (error && !source) return <RouteFailure error={error} />;
  if (!source) return <Loading rows={6} />;
  const base = `/sources/${encodeURIComponent(id)}`;
  return (
    <Page
      title={source.name}
      trail={[{ label: "Sources", to: "/sources" }]}
      icon={<KindIcon kind={source.type} />}
      aside={!source.enabled ? <Tag tone="warn" dot>Switched off</Tag> : source.lastEventAt ? <Tag tone="ok" dot>Last event <Ago at={source.lastEventAt} /></Tag> : <Tag dot>No event yet</Tag>}
      tabs={<TabLinks tabs={[{ label: "Connect", to: `${base}/connect` }, { label: "Debugger", to: `${base}/debugger` }, { label: "Settings", to: `${base}/settings` }]} />}
      width={path.endsWith("/debugger") ? "full" : "normal"}
    >
      <Outlet />
    </Page>
  );
}
