import { Button, Input, PasswordInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import classes from "./Fields.module.css";
import { isStored } from "./settings";
import type { ControlProps } from "./SettingsFields";

/** A secret: written, replaced or removed, never shown again. */
export function SecretField({ field: f, value, onChange, error, locked }: ControlProps) {
  if (isStored(value)) {
    return (
      <Input.Wrapper label={f.label} description={f.description} error={error} labelElement="div">
        <div className={classes.stored}>
          <IconLock size={15} aria-hidden />
          <span>Stored. It is never shown again.</span>
          {!locked && <Button size="compact-xs" variant="default" onClick={() => onChange("")}>Replace or remove</Button>}
        </div>
      </Input.Wrapper>
    );
  }
  return (
    <PasswordInput
      label={f.label}
      description={f.description}
      error={error}
      required={f.required ?? false}
      name={f.key}
      autoComplete="new-password"
      value={typeof value === "string" ? value : ""}
      readOnly={locked}
      variant={locked ? "filled" : "default"}
      onChange={(e) => onChange(e.currentTarget.value)}
      placeholder={f.placeholder}
    />
  );
}
