import { Anchor, Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { createDestination, testDraft, type DestinationKind, type Source } from "../api";
import { ApiError } from "../http";
import { destinationKindsQuery, destinationQuery, sourcesQuery } from "../queries";
import { NotFound } from "../shell/NotFound";
import { Actions } from "../ui/Actions";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { DestinationIcon } from "./DestinationIcon";
import { defaults, errorBesides, toSend } from "./settings";
import { SettingsFields } from "./SettingsFields";
import { TestResultView } from "./TestResultView";

/** The settings of a destination to be. */
export function NewDestinationPage() {
  const { type } = useParams({ from: "/shell/destinations/new/$type" });
  const kinds = useQuery(destinationKindsQuery);
  const sources = useQuery(sourcesQuery);
  if (kinds.isError || sources.isError) return <Page title="Add destination"><Failure error={kinds.error ?? sources.error} /></Page>;
  if (!kinds.data || !sources.data) return <Loading rows={6} />;
  const kind = kinds.data.find((k) => k.id === type);
  if (!kind) return <NotFound />;
  return <NewDestination key={type} kind={kind} sources={sources.data} />;
}

function NewDestination({ kind, sources }: { kind: DestinationKind; sources: Source[] }) {
  const search = useSearch({ from: "/shell/destinations/new/$type" });
  const navigate = useNavigate();
  const client = useQueryClient();
  const [name, setName] = useState(kind.name);
  const [sourceId, setSource] = useState(search.source ?? sources[0]?.id ?? "");
  const [values, setValues] = useState(() => defaults(kind.fields));
  const settings = () => toSend(kind.fields, values);
  const create = useMutation({
    mutationFn: () => createDestination({ name: name.trim(), sourceId, metadataId: kind.id, settings: settings(), enabled: true }),
    onSuccess: async (d) => {
      client.setQueryData(destinationQuery(d.id).queryKey, d);
      void client.invalidateQueries({ queryKey: ["destinations"] });
      await navigate({ to: "/destinations/$id", params: { id: d.id } });
    },
  });
  const test = useMutation({ mutationFn: () => testDraft({ metadataId: kind.id, sourceId, settings: settings() }) });
  const failed = create.error ?? test.error;
  const error = failed instanceof ApiError ? failed : undefined;
  if (sources.length === 0) {
    return (
      <Page title={kind.name} trail={[{ label: "Destinations", to: "/destinations" }]}>
        <Notice title="A destination needs a source" action={<Button size="xs" component={Link} to="/sources/new">Create a source</Button>}>It receives the events of one source. Create that first.</Notice>
      </Page>
    );
  }
  return (
    <Page
      title={kind.name}
      trail={[{ label: "Destinations", to: "/destinations" }, { label: "Add", to: "/destinations/new" }]}
      icon={<DestinationIcon type={kind.id} />}
      description={<>{kind.description} {kind.docs && <Anchor href={kind.docs} target="_blank" rel="noreferrer" inherit>Documentation ↗</Anchor>}</>}
      width="narrow"
    >
      <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); test.reset(); create.mutate(); }}>
        <Panel>
          <div className={stack.columns}>
            <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} required withAsterisk={false} maxLength={200} error={error?.field("name") ?? error?.field("id")} />
            <NativeSelect label="Source" value={sourceId} onChange={(e) => setSource(e.currentTarget.value)} data={sources.map((s) => ({ value: s.id, label: s.name }))} error={error?.field("sourceId")} />
          </div>
        </Panel>
        <Panel title="Settings">
          <SettingsFields fields={kind.fields} values={values} onChange={setValues} error={error} />
        </Panel>
        {failed && errorBesides(error, kind.fields, ["name", "id", "sourceId"]) && <Notice tone="bad">{errorBesides(error, kind.fields, ["name", "id", "sourceId"])}</Notice>}
        {failed && !error && <Notice tone="bad">{failed.message}</Notice>}
        {test.data && <TestResultView result={test.data} />}
        <Actions>
          <Button variant="subtle" color="gray" component={Link} to="/destinations/new">Cancel</Button>
          <Button variant="default" loading={test.isPending} onClick={() => { create.reset(); test.mutate(); }}>Send test event</Button>
          <Button type="submit" loading={create.isPending}>Add destination</Button>
        </Actions>
      </form>
    </Page>
  );
}
