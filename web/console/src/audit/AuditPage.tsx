import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconFile, IconHistory, IconKey, IconRobot, IconUser, type Icon } from "@tabler/icons-react";
import { listAudit, type AuditEvent } from "../api";
import { OnlyAdmins } from "../people/OnlyAdmins";
import { useMay } from "../shell/useMe";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import classes from "./AuditPage.module.css";
import { describe, lines, subject } from "./describe";

/** Who changed what, and when. */
export function AuditPage() {
  const may = useMay("admin");
  if (!may) return <OnlyAdmins title="Audit trail" />;
  return <Audit />;
}

function Audit() {
  const audit = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => listAudit(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.pagination.next || undefined,
  });
  const list = audit.data?.pages.flatMap((p) => p.events) ?? [];
  return (
    <Page title="Audit trail" description="Every change of the configuration, by whom and when. Secrets are never part of it." width="narrow">
      {audit.isPending ? <Panel flush><Loading /></Panel> : audit.isError ? <Failure error={audit.error} retry={() => void audit.refetch()} /> : (
        <Panel flush>
          {list.length === 0 ? <Empty icon={<IconHistory size={22} />} title="No changes yet">Each change of sources, destinations, people and tokens appears here.</Empty> : (
            <ol className={classes.list}>{list.map((e) => <Entry key={e.id} entry={e} />)}</ol>
          )}
          {audit.hasNextPage && <div className={classes.more}><Button size="xs" variant="subtle" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>Show more</Button></div>}
        </Panel>
      )}
    </Page>
  );
}

const icons: Record<string, Icon> = { user: IconUser, token: IconKey, file: IconFile };

function Entry({ entry: e }: { entry: AuditEvent }) {
  const Icon = icons[e.actorKind] ?? IconRobot;
  const detail = lines(e.detail);
  return (
    <li className={classes.entry}>
      <span className={classes.icon} aria-hidden><Icon size={15} /></span>
      <div className={classes.body}>
        <p>
          <b>{e.actorEmail || e.actorName || e.actor || "Secant"}</b> {describe(e.type)} <b title={e.resourceId}>{subject(e)}</b>
        </p>
        {detail.length > 0 && (
          <ul className={classes.lines}>
            {detail.map((l) => (
              <li key={l.field}>
                <span>{l.field}</span> {l.from !== undefined && <><del>{l.from}</del> → </>}<ins>{l.to}</ins>
              </li>
            ))}
          </ul>
        )}
      </div>
      <span className={classes.when}><Ago at={e.timestamp} /></span>
    </li>
  );
}
