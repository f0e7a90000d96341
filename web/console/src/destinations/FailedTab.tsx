import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconMailCheck, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { listDeadLetters, resend, resendAll, type DeadLetter } from "../api";
import { titleOf } from "../debugger/filter";
import { TypeMark } from "../debugger/TypeMark";
import { useMay } from "../shell/useMe";
import { Ago } from "../ui/Ago";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { JsonView } from "../ui/JsonView";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { say, sayFailed } from "../ui/toast";
import { ExchangeView } from "./ExchangeView";
import classes from "./FailedTab.module.css";

/** The deliveries that were given up, kept until somebody sends them again. */
export function FailedTab() {
  const { id } = useParams({ from: "/shell/destinations/$id/failed" });
  const may = useMay("editor");
  const client = useQueryClient();
  const letters = useInfiniteQuery({
    queryKey: ["destinations", id, "dead-letters"],
    queryFn: ({ pageParam }) => listDeadLetters(id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.pagination.next || undefined,
    refetchInterval: 15_000,
  });
  const sent = ({ resent }: { resent: number }) => {
    say(resent === 1 ? "One event is being sent again" : `${resent.toLocaleString("en")} events are being sent again`);
    void client.invalidateQueries({ queryKey: ["destinations"] });
  };
  const one = useMutation({ mutationFn: (letter: string) => resend(id, letter), onSuccess: sent, onError: sayFailed("The event was not sent again") });
  const every = useMutation({ mutationFn: () => resendAll(id), onSuccess: sent, onError: sayFailed("The events were not sent again") });
  if (letters.isPending) return <Panel flush><Loading /></Panel>;
  if (letters.isError) return <Failure error={letters.error} retry={() => void letters.refetch()} />;
  const list = letters.data.pages.flatMap((p) => p.deadLetters);
  const total = letters.data.pages[0]?.pagination.totalEntries ?? list.length;
  if (list.length === 0) {
    return (
      <Panel flush>
        <Empty icon={<IconMailCheck size={22} />} title="No failed deliveries">
          An event lands here when the destination refuses it for good, or when four hours of tries have not helped. It stays until you send it again.
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel
      flush
      title={`${total.toLocaleString("en")} failed ${total === 1 ? "delivery" : "deliveries"}`}
      description="Correct the cause first, then send them again."
      actions={may && <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} loading={every.isPending} onClick={() => every.mutate()}>Send all again</Button>}
    >
      <ul className={classes.letters}>
        {list.map((l) => <Letter key={l.id} letter={l} {...(may && { onResend: () => one.mutate(l.id) })} busy={one.isPending && one.variables === l.id} />)}
      </ul>
      {letters.hasNextPage && <div className={classes.more}><Button size="xs" variant="subtle" loading={letters.isFetchingNextPage} onClick={() => void letters.fetchNextPage()}>Show more</Button></div>}
    </Panel>
  );
}

function Letter({ letter: l, onResend, busy }: { letter: DeadLetter; onResend?: () => void; busy: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className={classes.row}>
        <button type="button" className={classes.head} aria-expanded={open} onClick={() => setOpen(!open)}>
          <TypeMark type={l.type} />
          <span className={classes.name}>{titleOf(l)}</span>
          <code className={classes.reason}>{l.reason}</code>
          <span className={classes.tries}>{l.attempts} {l.attempts === 1 ? "try" : "tries"}</span>
          <span className={classes.when}><Ago at={l.at} /></span>
        </button>
        {onResend && <Button size="compact-xs" variant="default" loading={busy} onClick={onResend}>Send again</Button>}
      </div>
      {open && (
        <div className={classes.body}>
          <div className={stack.stack}>
            <Notice tone="bad" title={l.reasonText === l.reason ? undefined : l.reasonText}>{l.error}</Notice>
            {l.exchange && <ExchangeView exchange={l.exchange} />}
            <details open={!l.exchange}>
              <summary className={classes.summary}>The event</summary>
              <JsonView value={l.event} label="event" />
            </details>
          </div>
        </div>
      )}
    </li>
  );
}
