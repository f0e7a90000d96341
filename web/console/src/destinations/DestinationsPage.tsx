import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconArrowsSplit2, IconPlus } from "@tabler/icons-react";
import { destinationsQuery, sourcesQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import row from "../ui/RowTitle.module.css";
import table from "../ui/Table.module.css";
import { Tag } from "../ui/Tag";
import { compact } from "../ui/time";
import { DestinationIcon } from "./DestinationIcon";
import { healthOf } from "./state";

/** All destinations and how they are doing. */
export function DestinationsPage() {
  const may = useMay("editor");
  const destinations = useQuery(destinationsQuery);
  const { data: sources } = useQuery(sourcesQuery);
  const add = may && <Button component={Link} to="/destinations/new" leftSection={<IconPlus size={16} />}>Add destination</Button>;
  return (
    <Page title="Destinations" description="Where events go. Each is sent to at its own pace: a slow one never holds up another." actions={destinations.data?.length ? add : undefined}>
      {destinations.isPending ? <Panel flush><Loading /></Panel> : destinations.isError ? <Failure error={destinations.error} retry={() => void destinations.refetch()} /> : (
        <Panel flush>
          {destinations.data.length === 0 ? (
            <Empty icon={<IconArrowsSplit2 size={22} />} title="Send events somewhere" action={add}>
              A destination receives every event of one source. What cannot be delivered now is kept and tried again; what is refused for good is kept for you to look at.
            </Empty>
          ) : (
            <div className={table.scroll}>
              <table className={table.table}>
                <thead>
                  <tr><th>Destination</th><th className={table.wide}>Source</th><th>Status</th><th className={`${table.number} ${table.wide}`}>Delivered, 24 h</th><th className={`${table.number} ${table.wide}`}>Retrying</th><th className={`${table.number} ${table.wide}`}>Failed, 24 h</th></tr>
                </thead>
                <tbody>
                  {destinations.data.map((d) => {
                    const health = healthOf(d);
                    return (
                      <tr key={d.id} data-link>
                        <td>
                          <div className={row.cell}>
                            <DestinationIcon type={d.type} />
                            <div>
                              <Link className={table.main} to="/destinations/$id" params={{ id: d.id }}>{d.name}</Link>
                              <span className={table.sub}>{d.metadata.name}</span>
                            </div>
                          </div>
                        </td>
                        <td className={table.wide}><Link className={table.above} to="/sources/$id/debugger" params={{ id: d.sourceId }}>{sources?.find((s) => s.id === d.sourceId)?.name ?? d.sourceId}</Link></td>
                        <td><Tag tone={health.tone} dot title={health.advice}>{health.label}</Tag></td>
                        <td className={`${table.number} ${table.wide}`}>{compact(d.status.delivered)}</td>
                        <td className={`${table.number} ${table.wide}`}>{compact(d.status.retrying)}</td>
                        <td className={`${table.number} ${table.wide}`}>{compact(d.status.failed)}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
        </Panel>
      )}
    </Page>
  );
}
