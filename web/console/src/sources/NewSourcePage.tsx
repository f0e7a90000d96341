import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { createSource } from "../api";
import { ApiError } from "../http";
import { sourceKindsQuery, sourceQuery } from "../queries";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { KindIcon } from "./KindIcon";
import classes from "./NewSourcePage.module.css";

/** Choosing what sends the events, and what to call it. */
export function NewSourcePage() {
  const kinds = useQuery(sourceKindsQuery);
  const [kind, setKind] = useState("javascript");
  const [name, setName] = useState("");
  const navigate = useNavigate();
  const client = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const create = useMutation({
    mutationFn: createSource,
    onSuccess: async (source) => {
      client.setQueryData(sourceQuery(source.id).queryKey, source);
      void client.invalidateQueries({ queryKey: ["sources"] });
      await navigate({ to: "/sources/$id/connect", params: { id: source.id } });
    },
  });
  const error = create.error instanceof ApiError ? create.error : undefined;
  if (kinds.isError) return <Page title="New source"><Failure error={kinds.error} retry={() => void kinds.refetch()} /></Page>;
  const groups = Map.groupBy(kinds.data ?? [], (k) => k.categories[0] ?? "Other");
  const chosen = kinds.data?.find((k) => k.id === kind);
  return (
    <Page title="New source" trail={[{ label: "Sources", to: "/sources" }]} description="Choose what sends the events. The kind decides which code you are shown, and whether the server fills in IP address and user agent." width="narrow">
      {kinds.isPending ? <Loading rows={6} /> : (
        <form onSubmit={(e) => { e.preventDefault(); create.mutate({ name: name.trim() || chosen?.name || kind, metadataId: kind }); }}>
          {[...groups].map(([category, list]) => (
            <fieldset key={category} className={classes.group}>
              <legend className={classes.legend}>{category}</legend>
              <div className={classes.grid}>
                {list.map((k) => (
                  <label key={k.id} className={classes.kind} data-chosen={k.id === kind || undefined}>
                    <input type="radio" name="kind" value={k.id} checked={k.id === kind} onChange={() => setKind(k.id)} onClick={() => field.current?.focus({ preventScroll: true })} />
                    <KindIcon kind={k.id} size={30} />
                    <span className={classes.text}><b>{k.name}</b><span>{k.description}</span></span>
                  </label>
                ))}
              </div>
            </fieldset>
          ))}
          <div className={classes.name}>
            <TextInput
              ref={field}
              className={classes.field}
              label="Name"
              placeholder={kind === "javascript" ? "Shop (web)" : chosen?.name ?? ""}
              value={name}
              onChange={(e) => setName(e.currentTarget.value)}
              error={error?.field("name") ?? error?.field("slug")}
              maxLength={200}
              autoFocus
            />
            <Button variant="default" component={Link} to="/sources">Cancel</Button>
            <Button type="submit" loading={create.isPending}>Create source</Button>
            {create.isError && (!error || error.besides(["name", "slug"])) && <Notice tone="bad">{error?.besides(["name", "slug"]) ?? create.error.message}</Notice>}
          </div>
        </form>
      )}
    </Page>
  );
}
