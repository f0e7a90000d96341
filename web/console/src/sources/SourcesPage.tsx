import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";
import type { Count, Source } from "../api";
import { countsQuery, sourcesQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import row from "../ui/RowTitle.module.css";
import { buckets } from "../ui/series";
import { Sparkline } from "../ui/Sparkline";
import table from "../ui/Table.module.css";
import { Tag } from "../ui/Tag";
import { compact } from "../ui/time";
import { KindIcon } from "./KindIcon";
import { UnknownKeys } from "./UnknownKeys";

const hour = 3_600_000;

/** All sources and what came from them in the last day. */
export function SourcesPage() {
  const may = useMay("editor");
  const sources = useQuery(sourcesQuery);
  const counts = useQuery(countsQuery(24 * hour, { of: "events", by: "hour", group: "source" }));
  const add = may && <Button component={Link} to="/sources/new" leftSection={<IconPlus size={16} />}>New source</Button>;
  return (
    <Page title="Sources" description="Where events come from: websites, apps, servers." actions={sources.data?.length ? add : undefined}>
      {sources.isPending ? <Panel flush><Loading /></Panel> : sources.isError ? <Failure error={sources.error} retry={() => void sources.refetch()} /> : sources.data.length === 0 ? (
        <Panel flush>
          <Empty icon={<IconPlugConnected size={22} />} title="Connect your first source" action={add}>
            A source is a website, an app or a server. It gets a write key, which its SDK sends along with each event.
          </Empty>
        </Panel>
      ) : (
        <Panel flush>
          <SourceTable sources={sources.data} counts={counts.data ?? []} />
        </Panel>
      )}
      <UnknownKeys />
    </Page>
  );
}

function SourceTable({ sources, counts }: { sources: Source[]; counts: Count[] }) {
  const now = Date.now();
  const bySource = useMemo(() => Map.groupBy(counts, (c) => c.source), [counts]);
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr><th>Source</th><th className={table.wide}>Last event</th><th className={table.wide}>Last 24 hours</th><th className={table.number}>Events</th></tr>
        </thead>
        <tbody>
          {sources.map((s) => (
            <tr key={s.id} data-link>
              <td>
                <div className={row.cell}>
                  <KindIcon kind={s.type} />
                  <div>
                    <span><Link className={table.main} to="/sources/$id/debugger" params={{ id: s.id }}>{s.name}</Link> {!s.enabled && <Tag tone="warn">Off</Tag>}</span>
                    <span className={table.sub}>{s.metadata.name}</span>
                  </div>
                </div>
              </td>
              <td className={table.wide}>{s.lastEventAt ? <Ago at={s.lastEventAt} /> : <Tag>No event yet</Tag>}</td>
              <td className={table.wide}><Sparkline buckets={buckets(bySource.get(s.id) ?? [], hour, 24, now, () => "all")} /></td>
              <td className={table.number}>{compact(s.events24h)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
