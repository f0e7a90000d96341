import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./Fields.module.css";
import { isStored } from "./settings";
import type { ControlProps } from "./SettingsFields";

type Pair = [name: string, value: string];

/** Names and their values, as for HTTP headers. */
export function PairsField({ field: f, value, onChange, error, locked }: ControlProps) {
  // The lines live here: while one types, two may have the same name for a moment.
  const [pairs, setPairs] = useState<Pair[]>(() => Object.entries((value ?? {}) as Record<string, unknown>).map(([k, v]) => [k, String(v)]));
  const set = (next: Pair[]) => {
    setPairs(next);
    onChange(Object.fromEntries(next));
  };
  const edit = (i: number, name: string, v: string) => set(pairs.map((p, j) => (i === j ? [name, v] : p)));
  return (
    <Input.Wrapper label={f.label} description={f.description} error={error} required={f.required ?? false} labelElement="div">
      <div className={classes.list} role="group" aria-label={f.label}>
        {pairs.map(([name, v], i) => (
          <div key={i} className={classes.line}>
            <TextInput className={classes.grow} aria-label={`${f.label}: name ${i + 1}`} placeholder="Name" value={name} onChange={(e) => edit(i, e.currentTarget.value, v)} readOnly={locked} variant={locked ? "filled" : "default"} autoComplete="off" />
            <TextInput
              className={classes.grow}
              aria-label={`${f.label}: value ${i + 1}`}
              placeholder={isStored(v) ? "Stored; type to replace" : "Value"}
              value={isStored(v) ? "" : v}
              onChange={(e) => edit(i, name, e.currentTarget.value)}
              readOnly={locked}
              variant={locked ? "filled" : "default"}
              autoComplete="off"
            />
            {!locked && <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${name || "line"}`} onClick={() => set(pairs.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>}
          </div>
        ))}
        {!locked && (f.max == null || pairs.length < f.max) && (
          <Button size="compact-xs" variant="subtle" leftSection={<IconPlus size={13} />} onClick={() => setPairs([...pairs, ["", ""]])}>Add {pairs.length > 0 ? "another" : f.label.toLowerCase()}</Button>
        )}
        {locked && pairs.length === 0 && <span className={classes.none}>None</span>}
      </div>
    </Input.Wrapper>
  );
}
