import { useQuery } from "@tanstack/react-query";
import { destinationsQuery, sourcesQuery } from "../queries";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { DestinationHealth, SourceHealth } from "./Health";
import { LiveEvents } from "./LiveEvents";
import { QuickStart } from "./QuickStart";
import { Throughput } from "./Throughput";

/** What flows now, what is healthy, and what to do first. */
export function HomePage() {
  const sources = useQuery(sourcesQuery);
  const destinations = useQuery(destinationsQuery);
  if (sources.isError || destinations.isError) return <Page title="Home"><Failure error={sources.error ?? destinations.error} retry={() => void sources.refetch()} /></Page>;
  if (!sources.data || !destinations.data) return <Page title="Home"><Panel flush><Loading rows={6} /></Panel></Page>;
  return (
    <Page title="Home">
      <div className={stack.stack}>
        <QuickStart sources={sources.data} destinations={destinations.data} />
        {sources.data.length > 0 && <LiveEvents sources={sources.data} />}
        {sources.data.length > 0 && <Throughput sources={sources.data} />}
        {sources.data.length > 0 && (
          <div className={stack.columns}>
            <SourceHealth sources={sources.data} />
            <DestinationHealth destinations={destinations.data} />
          </div>
        )}
      </div>
    </Page>
  );
}
