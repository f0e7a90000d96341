import { Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { changeDestination, type Destination } from "../api";
import { destinationQuery, sourcesQuery } from "../queries";
import { RouteFailure } from "../shell/RouteFailure";
import { useMay } from "../shell/useMe";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import { TabLinks } from "../ui/TabLinks";
import { Tag } from "../ui/Tag";
import { sayFailed } from "../ui/toast";
import { DestinationIcon } from "./DestinationIcon";
import { healthOf } from "./state";

/** One destination: its head and its tabs. */
export function DestinationPage() {
  const { id } = useParams({ from: "/shell/destinations/$id" });
  const { data: destination, error } = useQuery(destinationQuery(id));
  const { data: sources } = useQuery(sourcesQuery);
  if (error && !destination) return <RouteFailure error={error} />;
  if (!destination) return <Loading rows={6} />;
  const health = healthOf(destination);
  const base = `/destinations/${encodeURIComponent(id)}`;
  return (
    <Page
      title={destination.name}
      trail={[{ label: "Destinations", to: "/destinations" }]}
      icon={<DestinationIcon type={destination.type} />}
      aside={<Tag tone={health.tone} dot>{health.label}</Tag>}
      description={<>{destination.metadata.name} · receives from <Link to="/sources/$id/debugger" params={{ id: destination.sourceId }}>{sources?.find((s) => s.id === destination.sourceId)?.name ?? destination.sourceId}</Link></>}
      actions={<OnOff destination={destination} />}
      tabs={
        <TabLinks
          tabs={[
            { label: "Overview", to: base, exact: true },
            { label: "Failed deliveries", to: `${base}/failed`, count: destination.status.deadLetters },
            { label: "Settings", to: `${base}/settings` },
          ]}
        />
      }
    >
      <Outlet />
    </Page>
  );
}

function OnOff({ destination }: { destination: Destination }) {
  const client = useQueryClient();
  const may = useMay("editor");
  const key = destinationQuery(destination.id).queryKey;
  const change = useMutation({
    mutationFn: (enabled: boolean) => changeDestination(destination.id, { enabled }),
    onMutate: (enabled) => client.setQueryData(key, { ...destination, enabled, status: { ...destination.status, state: enabled ? "ok" : "paused" } }),
    onSuccess: (d) => {
      client.setQueryData(key, d);
      void client.invalidateQueries({ queryKey: ["destinations"] });
    },
    onError: (e) => {
      client.setQueryData(key, destination);
      sayFailed("The destination was not changed")(e);
    },
  });
  return (
    <Switch
      label={destination.enabled ? "On" : "Off"}
      labelPosition="left"
      checked={destination.enabled}
      disabled={!may || destination.fromFile}
      onChange={(e) => change.mutate(e.currentTarget.checked)}
    />
  );
}
