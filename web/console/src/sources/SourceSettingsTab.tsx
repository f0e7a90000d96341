import { Button, NumberInput, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { changeSource, deleteSource, type Source } from "../api";
import { ApiError } from "../http";
import { destinationsQuery, sourceQuery, sourcesQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Actions } from "../ui/Actions";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { FromFile } from "../ui/FromFile";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { say, sayFailed } from "../ui/toast";
import { WriteKeys } from "./WriteKeys";

/** What a source is called, whether it lets events through, its keys, its end. */
export function SourceSettingsTab() {
  const { id } = useParams({ from: "/shell/sources/$id/settings" });
  const { data: source } = useQuery(sourceQuery(id));
  const may = useMay("editor");
  if (!source) return null;
  const locked = source.fromFile || !may;
  return (
    <div className={stack.stack}>
      {source.fromFile && <FromFile what="source" />}
      <General key={source.id} source={source} locked={locked} />
      <Enabled source={source} locked={locked} />
      <WriteKeys source={source} locked={locked} />
      {!locked && <Remove source={source} />}
    </div>
  );
}

function General({ source, locked }: { source: Source; locked: boolean }) {
  const client = useQueryClient();
  const [name, setName] = useState(source.name);
  const [limit, setLimit] = useState<number | string>(source.settings.rateLimit ?? 0);
  const save = useMutation({
    mutationFn: () => changeSource(source.id, { name, settings: { rateLimit: Number(limit) || 0 }, version: source.version }),
    onSuccess: (s) => {
      client.setQueryData(sourceQuery(source.id).queryKey, s);
      void client.invalidateQueries({ queryKey: sourcesQuery.queryKey });
      say("Saved");
    },
  });
  const error = save.error instanceof ApiError ? save.error : undefined;
  const changed = name !== source.name || (Number(limit) || 0) !== (source.settings.rateLimit ?? 0);
  return (
    <Panel title="General">
      <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); save.mutate(); }}>
        <div className={stack.columns}>
          <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} readOnly={locked} variant={locked ? "filled" : "default"} error={error?.field("name")} maxLength={200} required withAsterisk={false} />
          <TextInput label="Id" value={source.id} readOnly description={undefined} variant="filled" />
        </div>
        <NumberInput
          label="Rate limit"
          description="Requests a second that each write key may make; 0 means no limit. What exceeds it is answered 429, and SDKs try again later."
          value={limit}
          onChange={setLimit}
          min={0}
          max={1_000_000}
          allowDecimal={false}
          thousandSeparator=","
          readOnly={locked}
          variant={locked ? "filled" : "default"}
          error={error?.field("settings.rateLimit")}
          maw={420}
        />
        {save.isError && error?.besides(["name", "settings.rateLimit"]) && <Notice tone="bad">{error.besides(["name", "settings.rateLimit"])}</Notice>}
        {!locked && <Actions><Button type="submit" disabled={!changed} loading={save.isPending}>Save</Button></Actions>}
      </form>
    </Panel>
  );
}

function Enabled({ source, locked }: { source: Source; locked: boolean }) {
  const client = useQueryClient();
  const key = sourceQuery(source.id).queryKey;
  const change = useMutation({
    mutationFn: (enabled: boolean) => changeSource(source.id, { enabled }),
    onMutate: (enabled) => client.setQueryData(key, { ...source, enabled }),
    onSuccess: (s) => {
      client.setQueryData(key, s);
      void client.invalidateQueries({ queryKey: sourcesQuery.queryKey });
    },
    onError: (e) => {
      client.setQueryData(key, source);
      sayFailed("The source was not changed")(e);
    },
  });
  return (
    <Panel>
      <Switch
        label="Let events through"
        description="When off, events are still received and kept in the log, marked source_disabled, and go to no destination."
        checked={source.enabled}
        disabled={locked}
        onChange={(e) => change.mutate(e.currentTarget.checked)}
      />
    </Panel>
  );
}

function Remove({ source }: { source: Source }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: destinations } = useQuery(destinationsQuery);
  const connected = destinations?.filter((d) => d.sourceId === source.id) ?? [];
  return (
    <Panel title="Delete this source" tone="danger" description="Its write keys stop working at once: events sent with them are no longer kept. The log keeps what has arrived.">
      <Button color="red" variant="light" onClick={() => setAsking(true)}>Delete source</Button>
      <ConfirmDelete
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${source.name}?`}
        typed={source.id}
        action="Delete source"
        run={async () => {
          await deleteSource(source.id);
          client.removeQueries({ queryKey: sourceQuery(source.id).queryKey });
          void client.invalidateQueries({ queryKey: ["sources"] });
          void client.invalidateQueries({ queryKey: ["destinations"] });
          await navigate({ to: "/sources" });
          say(`${source.name} is deleted`);
        }}
      >
        This cannot be undone. {connected.length > 0 && <>Connected to it: <b>{connected.map((d) => d.name).join(", ")}</b>.</>}
      </ConfirmDelete>
    </Panel>
  );
}
