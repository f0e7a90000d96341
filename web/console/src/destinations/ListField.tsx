import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import classes from "./Fields.module.css";
import type { ControlProps } from "./SettingsFields";

/** Several addresses, one below the other. */
export function ListField({ field: f, value, onChange, error, locked }: ControlProps) {
  const id = useId();
  const given = Array.isArray(value) ? value.map(String) : value ? [String(value)] : [];
  const list = given.length > 0 ? given : [""];
  const set = (i: number, v: string) => onChange(list.map((x, j) => (i === j ? v : x)));
  return (
    <Input.Wrapper label={f.label} description={f.description} error={error} required={f.required ?? false} labelProps={{ htmlFor: `${id}-0` }}>
      <div className={classes.list}>
        {list.map((v, i) => (
          <div key={i} className={classes.line}>
            <TextInput id={`${id}-${i}`} className={classes.grow} type="url" aria-label={`${f.label} ${i + 1}`} value={v} onChange={(e) => set(i, e.currentTarget.value)} placeholder={f.placeholder} readOnly={locked} variant={locked ? "filled" : "default"} error={Boolean(error)} autoComplete="off" />
            {!locked && list.length > 1 && (
              <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${f.label} ${i + 1}`} onClick={() => onChange(list.filter((_, j) => j !== i))}><IconTrash size={16} /></ActionIcon>
            )}
          </div>
        ))}
        {!locked && (f.max == null || list.length < f.max) && given.length > 0 && (
          <Button size="compact-xs" variant="subtle" leftSection={<IconPlus size={13} />} onClick={() => onChange([...list, ""])}>Add another</Button>
        )}
      </div>
    </Input.Wrapper>
  );
}
