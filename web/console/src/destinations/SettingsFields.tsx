import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import type { Field, Settings } from "../api";
import type { ApiError } from "../http";
import stack from "../ui/stack.module.css";
import { ListField } from "./ListField";
import { PairsField } from "./PairsField";
import { SecretField } from "./SecretField";
import { errorOf } from "./settings";

interface Props {
  fields: Field[];
  values: Settings;
  onChange: (values: Settings) => void;
  error: ApiError | undefined;
  locked?: boolean;
}

/** A form drawn from a definition: one control for each of its settings. */
export function SettingsFields({ fields, values, onChange, error, locked }: Props) {
  return (
    <div className={stack.stack}>
      {fields.map((f) => (
        <Control key={f.key} field={f} value={values[f.key]} onChange={(v) => onChange({ ...values, [f.key]: v })} error={errorOf(error, f.key)} locked={locked ?? false} />
      ))}
    </div>
  );
}

export interface ControlProps {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
  error: string | undefined;
  locked: boolean;
}

function Control(props: ControlProps) {
  const { field: f, value, onChange, error, locked } = props;
  const text = typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
  const common = { label: f.label, description: f.description, error, required: f.required ?? false, name: f.key, variant: locked ? "filled" : "default" };
  switch (f.kind) {
    case "secret":
      return <SecretField {...props} />;
    case "urls":
      return <ListField {...props} />;
    case "map":
    case "headers":
      return <PairsField {...props} />;
    case "boolean":
      return <Switch label={f.label} description={f.description} error={error} checked={value === true} disabled={locked} onChange={(e) => onChange(e.currentTarget.checked)} />;
    case "number":
      return <NumberInput {...common} value={typeof value === "number" ? value : text} onChange={onChange} readOnly={locked} placeholder={f.placeholder} {...(f.min != null && { min: f.min })} {...(f.max != null && { max: f.max })} maw={320} />;
    case "select":
      if (locked) return <TextInput {...common} value={f.options?.find((o) => o.value === text)?.label ?? text} readOnly maw={320} />;
      return (
        <NativeSelect
          {...common}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
          data={[...(f.required || f.default ? [] : [{ value: "", label: "–" }]), ...(f.options ?? [])]}
          maw={320}
        />
      );
    case "text":
      return <Textarea {...common} value={text} onChange={(e) => onChange(e.currentTarget.value)} readOnly={locked} placeholder={f.placeholder} autosize minRows={3} maxRows={12} />;
    default:
      return <TextInput {...common} value={text} onChange={(e) => onChange(e.currentTarget.value)} readOnly={locked} placeholder={f.placeholder} type={f.kind === "url" ? "url" : "text"} autoComplete="off" />;
  }
}
