import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconSend } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { testDestination, type Destination } from "../api";
import { countsQuery, destinationQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Ago } from "../ui/Ago";
import { Bars } from "../ui/Bars";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import { buckets } from "../ui/series";
import { Stat } from "../ui/Stat";
import stats from "../ui/Stat.module.css";
import stack from "../ui/stack.module.css";
import { clock, compact } from "../ui/time";
import { Reasons } from "./Reasons";
import { healthOf, span } from "./state";
import { TestResultView } from "./TestResultView";

const minute = 60_000;
const hour = 60 * minute;

const ranges = {
  hour: { label: "Last hour", span: hour, by: "minute", size: minute, count: 60 },
  day: { label: "Last 24 hours", span: 24 * hour, by: "hour", size: hour, count: 24 },
  week: { label: "Last 7 days", span: 7 * 24 * hour, by: "hour", size: 6 * hour, count: 28 },
} as const;

const parts = [
  { id: "delivered", label: "Delivered", color: "var(--accent)" },
  { id: "retried", label: "Tried again", color: "var(--warn)" },
  { id: "failed", label: "Failed", color: "var(--bad)" },
];

/** How a destination is doing, and a way to try it. */
export function OverviewTab() {
  const { id } = useParams({ from: "/shell/destinations/$id/" });
  const { data: destination } = useQuery(destinationQuery(id));
  const [range, setRange] = useState<keyof typeof ranges>("hour");
  const r = ranges[range];
  const counts = useQuery(countsQuery(r.span, { of: "deliveries", destination: id, by: r.by, group: "outcome,reason" }));
  const row = useMemo(() => buckets(counts.data ?? [], r.size, r.count, Date.now(), (c) => c.outcome), [counts.data, r]);
  if (!destination) return null;
  const s = destination.status;
  return (
    <div className={stack.stack}>
      <State destination={destination} />
      <div className={stats.stats}>
        <Stat label="Delivered, 24 h" value={compact(s.delivered)} note={s.lastDeliveredAt ? <>last <Ago at={s.lastDeliveredAt} /></> : undefined} />
        <Stat label="Waiting to be retried" value={compact(s.retrying)} tone={s.retrying > 0 ? "warn" : undefined} />
        <Stat label="Failed, 24 h" value={compact(s.failed)} tone={s.failed > 0 ? "bad" : undefined} />
        <Stat label="Oldest event not sent yet" value={span(s.backlogAgeSeconds)} tone={s.backlogAgeSeconds > 60 ? "warn" : undefined} />
      </div>
      <Panel
        title="Deliveries"
        actions={<NativeSelect size="xs" aria-label="Time range" value={range} onChange={(e) => setRange(e.currentTarget.value as keyof typeof ranges)} data={Object.entries(ranges).map(([value, { label }]) => ({ value, label }))} />}
      >
        <Bars title="Deliveries" buckets={row} parts={parts} label={(at) => (range === "week" ? new Date(at).toLocaleString(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" }) : clock(new Date(at)).slice(0, 5))} />
      </Panel>
      <Reasons counts={counts.data ?? []} />
      <Test id={id} />
    </div>
  );
}

function State({ destination: d }: { destination: Destination }) {
  const health = healthOf(d);
  const s = d.status;
  if (health.tone === "ok" && !s.lastError) return null;
  if (health.tone === "neutral") return <Notice tone="info" title="Switched off">{health.advice}</Notice>;
  const next = s.retryAt ? <> Next try <Ago at={s.retryAt} />.</> : null;
  if (health.tone === "ok") {
    return <Notice tone="info" title="It works again. Its last problem:">{s.lastError}{s.lastErrorAt && <> (<Ago at={s.lastErrorAt} />)</>}</Notice>;
  }
  return (
    <Notice tone={health.tone === "bad" ? "bad" : "warn"} title={health.label}>
      {health.advice}{next}
      {s.lastError && <div>Last error{s.lastErrorAt && <>, <Ago at={s.lastErrorAt} /></>}: {s.lastError}</div>}
    </Notice>
  );
}

function Test({ id }: { id: string }) {
  const may = useMay("editor");
  const test = useMutation({ mutationFn: () => testDestination(id, {}) });
  if (!may) return null;
  return (
    <Panel
      title="Send test event"
      description="Sends one made-up event with the stored settings, now, and shows what was said on the wire. Works while the destination is off."
      actions={<Button size="xs" variant="default" leftSection={<IconSend size={14} />} loading={test.isPending} onClick={() => test.mutate()}>Send test event</Button>}
    >
      {test.isError ? <Notice tone="bad">{test.error.message}</Notice> : test.data ? <TestResultView result={test.data} /> : null}
    </Panel>
  );
}
