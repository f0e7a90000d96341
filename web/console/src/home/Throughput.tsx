import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Source } from "../api";
import { countsQuery } from "../queries";
import { Bars } from "../ui/Bars";
import { Panel } from "../ui/Panel";
import { buckets, total } from "../ui/series";
import { Stat } from "../ui/Stat";
import stats from "../ui/Stat.module.css";
import stack from "../ui/stack.module.css";
import { clock, compact } from "../ui/time";
import { isStopped, sourceColors } from "./throughputParts";

const minute = 60_000;

/** What the sources sent in the last hour, minute by minute. */
export function Throughput({ sources }: { sources: Source[] }) {
  const { data } = useQuery(countsQuery(60 * minute, { of: "events", by: "minute", group: "source,outcome" }));
  const parts = useMemo(() => sourceColors(sources), [sources]);
  const named = useMemo(() => new Set(parts.map((p) => p.id)), [parts]);
  const row = useMemo(() => buckets(data ?? [], minute, 60, Date.now(), (c) => (named.has(c.source) ? c.source : "(others)")), [data, named]);
  const all = row.reduce((n, b) => n + total(b), 0);
  const stopped = (data ?? []).filter((c) => isStopped(c.outcome)).reduce((n, c) => n + c.n, 0);
  const last = row.at(-2);
  const shown = parts.filter((p) => row.some((b) => b.parts[p.id]));
  return (
    <div className={stack.stack}>
      <div className={stats.stats}>
        <Stat label="Events, last hour" value={compact(all)} />
        <Stat label="Last full minute" value={compact(last ? total(last) : 0)} />
        <Stat label="Stopped, last hour" value={compact(stopped)} tone={stopped > 0 ? "warn" : undefined} note={stopped > 0 ? "the debugger shows why" : undefined} />
        <Stat label="Active sources" value={`${new Set((data ?? []).filter((c) => c.n > 0 && c.source).map((c) => c.source)).size} of ${sources.length}`} />
      </div>
      <Panel title="Events by source, last hour">
        <Bars title="Events in the last hour" buckets={row} parts={shown.length > 0 ? shown : parts.slice(0, 1)} label={(at) => clock(new Date(at)).slice(0, 5)} height={170} />
      </Panel>
    </div>
  );
}
