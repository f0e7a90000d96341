import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { destinationKindsQuery } from "../queries";
import { Failure } from "../ui/Failure";
import { Loading } from "../ui/Loading";
import { Page } from "../ui/Page";
import stack from "../ui/stack.module.css";
import classes from "./CataloguePage.module.css";
import { DestinationIcon } from "./DestinationIcon";

/** Everything that events can be sent to. */
export function CataloguePage() {
  const kinds = useQuery(destinationKindsQuery);
  const { source } = useSearch({ from: "/shell/destinations/new" });
  const [q, setQ] = useState("");
  const found = (kinds.data ?? []).filter((k) => `${k.name} ${k.description} ${k.categories.join(" ")}`.toLowerCase().includes(q.toLowerCase()));
  return (
    <Page title="Add destination" trail={[{ label: "Destinations", to: "/destinations" }]} description="Choose what should receive the events.">
      {kinds.isPending ? <Loading rows={6} /> : kinds.isError ? <Failure error={kinds.error} retry={() => void kinds.refetch()} /> : (
        <div className={stack.stack}>
          {kinds.data.length > 6 && <TextInput aria-label="Search destinations" placeholder="Search destinations" leftSection={<IconSearch size={15} />} value={q} onChange={(e) => setQ(e.currentTarget.value)} maw={360} />}
          <ul className={classes.grid}>
            {found.map((k) => (
              <li key={k.id}>
                <Link to="/destinations/new/$type" params={{ type: k.id }} search={{ source }} className={classes.kind}>
                  <DestinationIcon type={k.id} size={40} />
                  <span className={classes.name}>{k.name}</span>
                  <span className={classes.text}>{k.description}</span>
                  <span className={classes.category}>{k.categories.join(", ")}</span>
                </Link>
              </li>
            ))}
          </ul>
          {found.length === 0 && <p className={stack.muted}>No destination fits “{q}”.</p>}
        </div>
      )}
    </Page>
  );
}
