import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { changeDestination, deleteDestination, testDestination, type Destination } from "../api";
import { ApiError } from "../http";
import { destinationKindsQuery, destinationQuery } from "../queries";
import { useMay } from "../shell/useMe";
import { Actions } from "../ui/Actions";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { FromFile } from "../ui/FromFile";
import { Notice } from "../ui/Notice";
import { Panel } from "../ui/Panel";
import stack from "../ui/stack.module.css";
import { say } from "../ui/toast";
import { errorBesides, toSend } from "./settings";
import { SettingsFields } from "./SettingsFields";
import { TestResultView } from "./TestResultView";

/** The settings of a destination, and its end. */
export function DestinationSettingsTab() {
  const { id } = useParams({ from: "/shell/destinations/$id/settings" });
  const { data: destination } = useQuery(destinationQuery(id));
  const may = useMay("editor");
  if (!destination) return null;
  const locked = destination.fromFile || !may;
  return (
    <div className={stack.stack}>
      {destination.fromFile && <FromFile what="destination" />}
      <Form key={`${destination.id} ${destination.version}`} destination={destination} locked={locked} />
      {!locked && <Remove destination={destination} />}
    </div>
  );
}

function Form({ destination: d, locked }: { destination: Destination; locked: boolean }) {
  const client = useQueryClient();
  const may = useMay("editor");
  const { data: kinds } = useQuery(destinationKindsQuery);
  const fields = d.metadata.fields ?? kinds?.find((k) => k.id === d.type)?.fields ?? [];
  const [name, setName] = useState(d.name);
  const [values, setValues] = useState(d.settings);
  const settings = () => toSend(fields, values, d.settings);
  const save = useMutation({
    mutationFn: () => changeDestination(d.id, { name: name.trim(), settings: settings(), version: d.version }),
    onSuccess: (next) => {
      client.setQueryData(destinationQuery(d.id).queryKey, next);
      void client.invalidateQueries({ queryKey: ["destinations"] });
      say("Saved. It holds from the next event on.");
    },
  });
  const test = useMutation({ mutationFn: () => testDestination(d.id, locked ? {} : { settings: settings() }) });
  const failed = save.error ?? test.error;
  const error = failed instanceof ApiError ? failed : undefined;
  return (
    <form className={stack.stack} onSubmit={(e) => { e.preventDefault(); test.reset(); save.mutate(); }}>
      <Panel title="General">
        <div className={stack.columns}>
          <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} readOnly={locked} variant={locked ? "filled" : "default"} required withAsterisk={false} maxLength={200} error={error?.field("name")} />
          <TextInput label="Id" value={d.id} readOnly variant="filled" />
        </div>
      </Panel>
      <Panel title="Settings">
        <SettingsFields fields={fields} values={values} onChange={setValues} error={error} locked={locked} />
        {failed && (errorBesides(error, fields, ["name"]) ?? (error ? undefined : failed.message)) && <Notice tone="bad">{errorBesides(error, fields, ["name"]) ?? failed.message}</Notice>}
        {may && (
          <Actions>
            <Button variant="default" loading={test.isPending} onClick={() => { save.reset(); test.mutate(); }}>{locked ? "Send test event" : "Test these settings"}</Button>
            {!locked && <Button type="submit" loading={save.isPending}>Save</Button>}
          </Actions>
        )}
      </Panel>
      {test.data && <TestResultView result={test.data} />}
    </form>
  );
}

function Remove({ destination: d }: { destination: Destination }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  return (
    <Panel title="Delete this destination" tone="danger" description="Nothing more is sent to it. Events that wait for another try, and its failed deliveries, go with it.">
      <Button color="red" variant="light" onClick={() => setAsking(true)}>Delete destination</Button>
      <ConfirmDelete
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Delete ${d.name}?`}
        typed={d.id}
        action="Delete destination"
        run={async () => {
          await deleteDestination(d.id);
          client.removeQueries({ queryKey: destinationQuery(d.id).queryKey });
          void client.invalidateQueries({ queryKey: ["destinations"] });
          await navigate({ to: "/destinations" });
          say(`${d.name} is deleted`);
        }}
      >
        This cannot be undone. Its settings, secrets included, are gone.
      </ConfirmDelete>
    </Panel>
  );
}
